import { readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { defineFaults } from '@portcullis/kernel/fault'
import { name } from '@portcullis/kernel/schema'
import { tokenOutcome } from '@portcullis/model/resource/token-rules'
import type { CustomAnswer, CustomRules } from '@portcullis/oauth/token-rules/custom-rules'
import type { TokenAsked } from '@portcullis/oauth/token-rules/token-asked'
import type { Log } from '@portcullis/ports/log/port'
import { RuleProcess, type Said } from './rule-process.ts'

export const customRuleFaults = defineFaults('custom-rule', {
  unreadable: {
    status: 500,
    title: 'The rules of the operator cannot be used',
    remedy:
      'PORTCULLIS_TOKEN_RULES_FOLDER names a folder of files such as `office-hours.ts`, each of which exports a function `rule`. They may import nothing from elsewhere but types.',
  },
})

/** What a rule has to answer in: people wait. */
const TIMEOUT_MILLIS = 250
/** More than that wait for an answer only where rules hang. */
const MOST_WAITING = 1000

export interface OpenCustomRules extends CustomRules {
  close(): void
}

/**
 * The rules of a folder, in a process of their own. One that does not answer in time is ended with its process, whatever it
 * does; a new one is started for the next token. Fault: `custom-rule.unreadable`.
 */
export async function openCustomRules(
  folder: string,
  log: Log,
  timeoutMillis: number = TIMEOUT_MILLIS,
): Promise<OpenCustomRules> {
  const home = existing(folder)
  const files = filesOf(home)
  let running = RuleProcess.start(home, files)
  let waiting = 0
  await running.catch((cause: unknown) => {
    throw customRuleFaults.unreadable({ internal: String(cause), cause })
  })

  async function alive(): Promise<RuleProcess> {
    const known = await running
    if (known.isAlive) return known
    running = RuleProcess.start(home, files)
    return running
  }

  async function askInTime(rule: string, asked: TokenAsked): Promise<Said> {
    const process = await alive()
    const { promise: late, resolve } = Promise.withResolvers<'late'>()
    const timer = setTimeout(() => resolve('late'), timeoutMillis)
    const said = await Promise.race([process.ask(rule, asked), late])
    clearTimeout(timer)
    if (said !== 'late') return said
    process.kill()
    return { failed: `it did not answer within ${timeoutMillis} ms` }
  }

  return {
    async ask(rule, asked) {
      if (waiting >= MOST_WAITING) return { failed: 'too many tokens wait for rules' }
      waiting++
      try {
        return answerOf(await askInTime(rule, asked))
      } catch (error) {
        log.error('the rules of the operator do not run', { rule, error })
        return { failed: 'the rules do not run' }
      } finally {
        waiting--
      }
    },
    close() {
      running.then(
        (process) => process.kill(),
        () => undefined,
      )
    },
  }
}

/** What a rule says is held to the same form as what is declared. */
function answerOf(said: Said): CustomAnswer {
  if ('failed' in said) return said
  const parsed = tokenOutcome.safeParse(said.outcome)
  return parsed.success ? { outcome: parsed.data } : { failed: 'what it says is no outcome' }
}

const ruleName = name()

function existing(folder: string): string {
  try {
    return realpathSync(folder)
  } catch (cause) {
    throw customRuleFaults.unreadable({ detail: `There is no folder "${folder}".`, cause })
  }
}

function filesOf(folder: string): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  for (const file of files) {
    if (ruleName.safeParse(file.slice(0, -3)).success) continue
    throw customRuleFaults.unreadable({ detail: `"${file}" is not called as a rule is.` })
  }
  return files.toSorted().map((file) => join(folder, file))
}
