import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { nobody } from '../guide/fixture/nobody.ts'
import { shellWordsOf } from '../guide/fixture/shell-word.ts'
import { main } from '../main.ts'
import { readSettings } from '../setting/read-settings.ts'
import { commandNamed, everyCommand } from './commands.ts'

const ROOT = new URL('../../../../', import.meta.url).pathname
const home = mkdtempSync(join(tmpdir(), 'portcullis-commands-'))
const commands = [...(await everyCommand()).values()].flat().map((each) => [each.name, each] as const)

afterEach(() => vi.restoreAllMocks())
afterAll(() => rmSync(home, { recursive: true }))

/** What the command line prints, where there is nothing to speak to. */
async function typed(...words: string[]): Promise<{ readonly code: number; readonly text: string }> {
  let text = ''
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((line) => {
      text += line
      return true
    })
  }
  const code = await main(words, nobody(home))
  vi.restoreAllMocks()
  return { code, text }
}

describe('the command line', () => {
  it('answers to every name that the help lists, and to nothing else', async () => {
    const lines: string[] = []
    const call = { settings: readSettings({}), values: {}, positionals: [] }
    const print = (line: string) => lines.push(line)
    await (await commandNamed('help'))?.run({ ...call, print, warn: () => undefined })
    const names = lines.flatMap((line) => /^ {2}(\S+) {2}/.exec(line)?.[1] ?? [])
    expect(names).toContain('start')
    expect(await Promise.all(names.map(async (name) => (await commandNamed(name))?.name))).toEqual(names)
    expect(await commandNamed('constructor')).toBeUndefined()
  })

  it.each(['--help', '-h'])('shows the help for %s, alone and behind a command', async (flag) => {
    expect(await typed(flag)).toEqual(await typed('help'))
    expect(await typed('start', flag)).toEqual(await typed('help', 'start'))
    expect((await typed('apply', '-f', 'x', flag)).text).toContain('--prune')
  })

  it.each([
    ['a command', ['aply'], '"aply" is no command. Did you mean "apply"?'],
    ['a command to be helped with', ['help', 'revke'], 'Did you mean "revoke"?'],
    [
      'an option',
      ['revoke', 'hmart', 'subject', 'ada', '--wiat'],
      'Unknown option \'--wiat\'. Did you mean "wait"?',
    ],
    ['a word too many', ['apply', 'my-apis'], 'Written as: portcullis apply -f DIR'],
    ['nothing where something is needed', ['keys'], 'Written as: portcullis keys remove ORGANIZATION KID'],
  ])('tells who mistypes %s how it is written', async (_, words, said) => {
    const { code, text } = await typed(...words)
    expect(code).toBe(2)
    expect(text).toContain(said)
  })

  it('shows the settings with a word in their name', async () => {
    expect((await typed('settings', 'operations')).text).toContain('operationsPort = ')
    expect(await typed('settings', 'banana')).toMatchObject({ code: 1 })
  })
})

describe.each(commands)('portcullis %s', (name, command) => {
  it('names in its usage the options that it takes, and no others, and says what each means', () => {
    const named = [...command.usage.matchAll(/(?<![\w-])--?([a-z][a-z-]*)/g)].map(
      (match) => match[1] as string,
    )
    const long = named.map(
      (each) => Object.entries(command.options).find(([, o]) => o.short === each)?.[0] ?? each,
    )
    expect([...new Set(long)].toSorted()).toEqual(Object.keys(command.options).toSorted())
    for (const { meaning } of Object.values(command.options)) expect(meaning).toMatch(/^[A-Z`].*\.$/)
  })

  it('has examples that it understands, and a page that is there', async () => {
    expect(command.examples.length).toBeGreaterThan(0)
    for (const example of command.examples) {
      const words = shellWordsOf(example)
      expect(words[0]).toBe(name)
      // That one would start servers.
      if (name !== 'start') expect(await typed(...words), example).not.toMatchObject({ code: 2 })
    }
    if (command.guide !== undefined) expect(existsSync(join(ROOT, command.guide)), command.guide).toBe(true)
  })
})
