import { expect, test } from 'vitest'
import { readSettings } from '../setting/read-settings.ts'
import { commandNamed } from './commands.ts'

test('every command that the help lists answers to its name, and to nothing else', async () => {
  const lines: string[] = []
  const quiet = () => undefined
  const call = {
    settings: readSettings({}),
    values: {},
    positionals: [],
    print: (line: string) => lines.push(line),
  }
  await (await commandNamed('help'))?.run({ ...call, warn: quiet })
  const names = lines.flatMap((line) => /^ {2}(\S+) {2}/.exec(line)?.[1] ?? [])
  expect(names).toContain('start')
  expect(await Promise.all(names.map(async (name) => (await commandNamed(name))?.name))).toEqual(names)
  expect(await commandNamed('constructor')).toBeUndefined()
})
