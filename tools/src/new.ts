import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { kinds } from './new/kind.ts'
import { type Plan, planNew } from './new/plan.ts'
import { Refusal } from './new/words.ts'
import { runProgram } from './program/run-program.ts'
import { readTree } from './tree.ts'

/** `npm run new policy|port|story NAME`: writes what already passes `npm run check` and its own tests. */
const { positionals, values } = parseArgs({ allowPositionals: true, options: { root: { type: 'string' } } })
const root = values.root ?? process.cwd()

try {
  const [kind, name, ...rest] = positionals
  if (kind === undefined || name === undefined || rest.length > 0) {
    throw new Refusal(`Write: npm run new ${Object.keys(kinds).join('|')} NAME.`)
  }
  const plan = planNew(readTree(root), kind, name)
  await write(plan)
  for (const path of [...Object.keys(plan.written), ...Object.keys(plan.changed)]) console.log(path)
  console.log(plan.next)
} catch (thrown) {
  if (!(thrown instanceof Refusal)) throw thrown
  console.error(thrown.message)
  process.exitCode = 1
}

async function write({ written, changed }: Plan): Promise<void> {
  for (const [path, text] of Object.entries(written)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    // Never over a file that came since we looked.
    writeFileSync(join(root, path), text, { flag: 'wx' })
  }
  for (const [path, text] of Object.entries(changed)) writeFileSync(join(root, path), text)
  // Where lines break depends on the length of the name.
  const sources = [...Object.keys(written), ...Object.keys(changed)].filter((path) => path.endsWith('.ts'))
  await follow('formatted', 'node_modules/@biomejs/biome/bin/biome', 'check', '--write', ...sources)
  // In a process of its own: it reads the catalogue as it is now.
  await follow('added to docs/reference', 'tools/src/docs.ts')
}

async function follow(done: string, script: string, ...args: string[]): Promise<void> {
  const { code, output } = await runProgram(root, script, args)
  if (code !== 0) throw new Refusal(`It was written, but could not be ${done}: ${output.trim()}`)
}
