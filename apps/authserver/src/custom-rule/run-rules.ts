import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * Run as a process of its own, which may read the folder of rules and nothing else, and has no environment: loads the rules whose
 * files it is given, and answers for each token what its rule says. It imports nothing of ours: it could not read it.
 */
type Rule = (token: unknown) => unknown

interface Asked {
  readonly id: number
  readonly name: string
  readonly token: unknown
}

const rules = new Map<string, Rule>()

async function load(file: string): Promise<void> {
  const module = (await import(pathToFileURL(file).href)) as { readonly rule?: unknown }
  if (typeof module.rule !== 'function') throw new TypeError(`${basename(file)} exports no function "rule"`)
  rules.set(basename(file, '.ts'), module.rule as Rule)
}

async function answer({ id, name, token }: Asked): Promise<void> {
  const rule = rules.get(name)
  if (rule === undefined) return say({ id, failed: 'there is no such rule' })
  try {
    say({ id, outcome: (await rule(token)) ?? {} })
  } catch (thrown) {
    say({ id, failed: thrown instanceof Error ? thrown.message.slice(0, 500) : 'it threw' })
  }
}

function say(what: object): void {
  process.send?.(what)
}

// Without whoever asks there is nothing to do.
process.on('disconnect', () => process.exit(0))
try {
  for (const file of process.argv.slice(2)) await load(file)
  process.on('message', (asked) => void answer(asked as Asked))
  say({ ready: true })
} catch (thrown) {
  say({ broken: thrown instanceof Error ? thrown.message.slice(0, 500) : 'it threw' })
}
