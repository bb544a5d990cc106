import { Duration, isDuration } from '@portcullis/kernel/duration'
import { managementClient } from '../local/management-client.ts'
import { organizationOf } from '../local/only-one.ts'
import { type Command, commandFaults, option, positional } from './command.ts'
import { environmentOption, organizationOption } from './known-option.ts'

type Client = ReturnType<typeof managementClient>
type Refusals = Awaited<ReturnType<Client['listObserved']>>['refusals']

export const observed: Command = {
  name: 'observed',
  summary: 'Add up what policies in mode observe would have refused, and of whom',
  usage: '[--since 7d] [--policy ID] [--environment NAME] [--organization NAME]',
  options: {
    since: { type: 'string', meaning: 'How far back, such as 7d.' },
    policy: { type: 'string', meaning: 'One policy, by its id.' },
    ...environmentOption,
    ...organizationOption,
  },
  examples: ['observed --since 7d --policy rate-limit'],
  guide: 'docs/how-to/attach-a-policy.md',
  async run(call) {
    positional(call)
    const client = managementClient(call.settings)
    const organization = await organizationOf(call, client)
    const since = new Date(Date.now() - periodOf(option(call, 'since') ?? '7d')).toISOString()
    const query = { policy: option(call, 'policy'), environment: option(call, 'environment') }
    const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined))
    const { refusals } = await client.listObserved({ params: { organization }, query: { ...given, since } })
    for (const line of observedLines(refusals)) call.print(line)
    return 0
  },
}

/** Milliseconds. */
function periodOf(text: string): number {
  if (isDuration(text)) return Duration.parse(text).milliseconds
  throw commandFaults.usage({ detail: `"${text.slice(0, 40)}" is no duration; write 30m, 12h or 7d.` })
}

/** One paragraph for each attachment and reason. */
export function observedLines(refusals: Refusals): string[] {
  if (refusals.length === 0) return ['Nothing that is only observed would have been refused.']
  const attachments = Map.groupBy(refusals, ({ environment, policy, origin, code }) =>
    JSON.stringify([environment, policy, origin, code]),
  )
  return [...attachments.values()].flatMap(paragraph)
}

function paragraph(refusals: Refusals): string[] {
  const [first] = refusals
  if (first === undefined) return []
  const { policy, origin, environment, code } = first
  const calls = refusals.reduce((sum, each) => sum + each.calls, 0)
  const apps = new Set(refusals.flatMap(({ client }) => client ?? []))
  const named = [...apps].slice(0, 10).join(', ') + (apps.size > 10 ? ', …' : '')
  const ofWhom = apps.size === 0 ? 'nobody known' : `${counted(apps.size, 'app')} (${named})`
  return [
    `${policy} from ${origin}, in ${environment}, would have refused ${counted(calls, 'call')} of ${ofWhom} with ${code}:`,
    ...refusals.map((each) => {
      const operation = each.operation === undefined ? 'no operation' : `${each.operation} of ${each.api}`
      return `  ${String(each.calls).padStart(8)}  ${each.client ?? '-'}  ${operation}`
    }),
  ]
}

function counted(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`
}
