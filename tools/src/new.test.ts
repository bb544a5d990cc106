import { execFile, type SpawnSyncReturns, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Checked, checkers, runCheckers } from './checker.ts'
import { formatFinding } from './finding.ts'
import { checkStyle } from './program/check-style.ts'
import { checkTypes } from './program/check-types.ts'
import { readTree } from './tree.ts'

const repository = join(import.meta.dirname, '../..')
const LEFT_OUT = new Set(['.git', 'node_modules', 'coverage'])

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'portcullis-new-'))
  for (const name of readdirSync(repository).filter((each) => !LEFT_OUT.has(each))) {
    cpSync(join(repository, name), join(root, name), { recursive: true, filter: isOurs })
  }
  linkInstalled()
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const isOurs = (path: string): boolean => !/[\\/](node_modules|\.portcullis)$/.test(path)

/** Installed packages as they are, but our own from the copy. */
function linkInstalled(): void {
  const [from, to] = [join(repository, 'node_modules'), join(root, 'node_modules')]
  mkdirSync(join(to, '@portcullis'), { recursive: true })
  for (const name of readdirSync(from)) {
    if (name !== '@portcullis' && !name.startsWith('.')) symlinkSync(join(from, name), join(to, name))
  }
  for (const file of readTree(root).files.filter((each) => each.endsWith('/package.json'))) {
    const { name } = JSON.parse(readFileSync(join(root, file), 'utf8')) as { readonly name: string }
    if (name.startsWith('@portcullis/')) symlinkSync(join(root, file, '..'), join(to, name))
  }
}

const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' }

const make = (...words: string[]): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, ['tools/src/new.ts', ...words], { cwd: root, encoding: 'utf8', env })

/** What tests say: it takes long, and whoever runs this one wants to hear from it meanwhile. Rejects when one fails. */
async function runTests(paths: readonly string[]): Promise<string> {
  const words = ['node_modules/vitest/vitest.mjs', 'run', ...paths]
  return (await promisify(execFile)(process.execPath, words, { cwd: root, env })).stdout
}

const formatted = (checked: readonly Checked[]): string[] =>
  checked.flatMap((each) => each.findings.map(formatFinding))

/** What is found by looking at all files: a few seconds. */
const findings = async (folder: string): Promise<string[]> =>
  formatted(await runCheckers(folder, readTree(folder), ownCheckers))
const ownCheckers = checkers.filter(({ name }) => name !== 'types' && name !== 'style')

/** What the compiler and Biome find in the files that were written, and in what those import: they need minutes for all. */
async function findingsOfWritten(): Promise<string[]> {
  const written = readTree(root).files.filter(isWritten)
  const files = written.filter((each) => each.endsWith('.ts'))
  expect(files.length).toBeGreaterThan(made.length)
  writeFileSync(
    join(root, 'tsconfig.written.json'),
    JSON.stringify({ extends: './tsconfig.json', include: ['apps/**/*.d.ts', 'packages/**/*.d.ts'], files }),
  )
  const programs = [
    { name: 'types', check: () => checkTypes(root, 'tsconfig.written.json') },
    { name: 'style', check: () => checkStyle(root, written) },
  ]
  return formatted(await runCheckers(root, readTree(root), programs))
}

function isWritten(file: string): boolean {
  const before = join(repository, file)
  return !existsSync(before) || !readFileSync(before).equals(readFileSync(join(root, file)))
}

// Names of different lengths: where lines break depends on them.
const made = [
  ['policy', 'q', 'packages/policies/src/q/'],
  ['policy', 'purpose-of-the-call-that-is-being-made', 'packages/policies/src/purpose-of-the-call'],
  ['port', 'fax', 'packages/ports/src/fax'],
  ['port', 'notification-of-the-people-who-approve', 'packages/ports/src/notification-of'],
  ['story', 'first-call', undefined],
] as const

describe('npm run new', () => {
  it('writes what passes the check and its own tests at once', { timeout: 300_000 }, async () => {
    for (const [kind, name] of made) expect(make(kind, name)).toMatchObject({ status: 0, stderr: '' })
    expect(await findingsOfWritten()).toEqual([])
    const found = await findings(root)
    // What was there before, where there was something.
    const known = found.length === 0 ? [] : await findings(repository)
    expect(found.filter((each) => !known.includes(each))).toEqual([])
    const tests = [
      ...made.flatMap(([, , folder]) => folder ?? []),
      'packages/policies/src/catalog',
      'packages/policies/src/late-catalog',
      'tools/src/reference',
    ]
    expect(await runTests(tests)).toMatch(/Test Files\s+7 passed/)
  })

  it.each([
    [['policy', 'Bad_Name'], 'is no name'],
    [['policy', 'jwt'], 'is there already'],
    [['gadget', 'mine'], "can't be made"],
    [['policy'], 'Write: npm run new policy|port|story NAME.'],
  ])('refuses %j in one sentence and writes nothing', (words, sentence) => {
    const before = readTree(root).files
    const { status, stdout, stderr } = make(...words)
    expect(status).toBe(1)
    expect(stdout).toBe('')
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(sentence)])
    expect(readTree(root).files).toEqual(before)
  })
})
