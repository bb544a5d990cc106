import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, it, vi } from 'vitest'
import { main } from '../main.ts'
import { readSettings } from '../setting/read-settings.ts'
import { environmentName } from '../setting/setting.ts'
import { settingNames } from '../setting/settings.ts'
import { type Block, blocksOf, guides, shellLinesOf } from './fixture/block.ts'
import { complaintsAboutYaml } from './fixture/example.ts'
import { nobody } from './fixture/nobody.ts'
import { shellWordsOf } from './fixture/shell-word.ts'

const pages = guides().map((page) => [page.file, page.text] as const)
const home = mkdtempSync(join(tmpdir(), 'portcullis-guides-'))

afterEach(() => vi.restoreAllMocks())
afterAll(() => rmSync(home, { recursive: true }))

/** What comes before `portcullis` in a line where a shell would look for a program. */
const CALLED = /(?:^|\$\(|[|&;] *)((?:[A-Z_]+=[^\s$]* +)*(?:npx +)?portcullis +[^)|&\n]*)/g

function commandsIn(block: Block): { readonly words: string[]; readonly at: string }[] {
  if (block.language !== 'sh') return []
  return shellLinesOf(block).flatMap(({ text, line }) =>
    [...text.matchAll(CALLED)].map(([, command = '']) => ({
      words: shellWordsOf(command.replace(/^(?:[A-Z_]+=[^\s$]* +)*/, '')),
      at: `${block.file}:${line}`,
    })),
  )
}

it.each(pages)('every command of %s is written as the command line understands it', async (file, text) => {
  for (const { words, at } of blocksOf(file, text).flatMap(commandsIn)) {
    expect(words.slice(0, 2), `${at}: a command is found by npx, wherever it is typed`).toEqual([
      'npx',
      'portcullis',
    ])
    if (words[2] === 'start') continue
    const said: unknown[] = []
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation((line) => said.push(line) > 0)
    }
    const code = await main(words.slice(2), nobody(home))
    vi.restoreAllMocks()
    expect(code === 2 ? said.join('') : '', at).toBe('')
  }
})

it.each(pages)('every setting that %s names is there, with a value that it can have', (file, text) => {
  const known = new Set<string>(settingNames.map(environmentName))
  const named = text.match(/\bPORTCULLIS_[A-Z0-9_]+\b/g) ?? []
  expect(named.filter((name) => !known.has(name) && !name.startsWith('PORTCULLIS_SECRET_'))).toEqual([])
  for (const block of blocksOf(file, text).filter(({ language }) => language === 'sh')) {
    for (const { text: shell, line } of shellLinesOf(block)) {
      const [word = '', given = ''] = shellWordsOf(shell)
      const assignment = word === 'export' ? given : word
      const [, name = '', value = ''] = /^(PORTCULLIS_[A-Z0-9_]+)=(.*)$/s.exec(assignment) ?? []
      // Who follows the page puts a value of their own there.
      if (name === '' || /[$…]/.test(value)) continue
      expect(() => readSettings({ PORTCULLIS_HOME: home, [name]: value }), `${file}:${line}`).not.toThrow()
    }
  }
})

const reference = pages.find(([file]) => file === 'docs/reference/faults.md')?.[1] ?? ''
const codes = new Set([...reference.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] as string))
const areas = new Set([...codes].map((code) => code.split('.')[0]))

/** What begins like a code and is the name of a file, a setting of a policy or a word of conditions. */
const NOT_CODES = /\.(sqlite|ts|require|deprecated)$/

it.each(pages.filter(([file]) => /^docs\/(how-to|stories)\//.test(file)))(
  'every code of a fault in %s is one',
  (_, text) => {
    expect(codes.size).toBeGreaterThan(100)
    const quoted = [...text.matchAll(/`([a-z][a-z0-9-]*\.[a-z][A-Za-z0-9-]*)`/g)].map(
      (match) => match[1] as string,
    )
    expect(
      quoted.filter((code) => areas.has(code.split('.')[0]) && !codes.has(code) && !NOT_CODES.test(code)),
    ).toEqual([])
  },
)

it.each(pages)('every example in YAML of %s is one that Portcullis takes', (file, text) => {
  for (const block of blocksOf(file, text).filter(({ language }) => language === 'yaml')) {
    expect(complaintsAboutYaml(block), `${file}:${block.line}`).toEqual([])
  }
})
