import { managementClient } from '../local/management-client.ts'
import { organizationOf, printNone } from '../local/only-one.ts'
import { type Command, commandFaults, option, positional } from './command.ts'
import { organizationOption } from './known-option.ts'

const OUTCOMES = ['allowed', 'answered', 'refused', 'failed'] as const

export const decisions: Command = {
  name: 'decisions',
  summary: 'List decision records, newest first',
  usage:
    '[--outcome allowed|answered|refused|failed] [--code CODE] [--client APP] [--api NAME] [--operation ID] [--environment NAME] [--limit N] [--organization NAME]',
  options: {
    outcome: { type: 'string', meaning: 'How the call ended.' },
    code: {
      type: 'string',
      meaning: 'The code of the fault with which it ended, such as scope.insufficient.',
    },
    client: { type: 'string', meaning: 'The app that called.' },
    api: { type: 'string', meaning: 'The API, by its name.' },
    operation: { type: 'string', meaning: 'The operation, by its id in the contract.' },
    environment: { type: 'string', meaning: 'The environment; all when absent.' },
    limit: { type: 'string', meaning: 'How many at most.' },
    ...organizationOption,
  },
  examples: ['decisions --outcome refused --limit 50'],
  guide: 'docs/how-to/watch-portcullis.md',
  async run(call) {
    positional(call)
    const client = managementClient(call.settings)
    const organization = await organizationOf(call, client)
    const query = {
      outcome: outcomeOf(option(call, 'outcome')),
      code: option(call, 'code'),
      client: option(call, 'client'),
      api: option(call, 'api'),
      operation: option(call, 'operation'),
      environment: option(call, 'environment'),
      limit: option(call, 'limit') ?? '20',
    }
    const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined))
    const found = await client.listDecisions({ params: { organization }, query: given })
    for (const each of found.decisions) {
      const operation =
        each.operation?.id ??
        (each.token === undefined ? `${each.method} of no operation` : `token by ${each.token.grant}`)
      const why = each.code === undefined ? '' : `  ${each.code}`
      call.print(
        `${each.at}  ${each.id}  ${each.status} ${each.outcome}  ${operation}  ${each.client ?? '-'}${why}`,
      )
    }
    if (found.decisions.length === 0) await printNone(call, client, organization)
    return 0
  },
}

function outcomeOf(given: string | undefined): (typeof OUTCOMES)[number] | undefined {
  const outcome = OUTCOMES.find((each) => each === given)
  if (given !== undefined && outcome === undefined) {
    throw commandFaults.usage({ detail: `"${given}" is no outcome; they are ${OUTCOMES.join(', ')}.` })
  }
  return outcome
}
