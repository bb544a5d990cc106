import { managementClient } from '../local/management-client.ts'
import { organizationOf } from '../local/only-one.ts'
import { type Command, commandFaults } from './command.ts'

export const explain: Command = {
  name: 'explain',
  summary:
    'Say in words how a call was decided: by its Portcullis-Decision, or the last one that did not pass',
  usage: 'ID | --last [--organization NAME]',
  options: {
    last: { type: 'boolean', meaning: 'The last call that was refused.' },
    organization: { type: 'string', meaning: 'The organization; needed where there are several.' },
  },
  examples: ['explain --last', 'explain dec_01jd3v9q4m7k2r8w5x6y1z0ab4'],
  guide: 'docs/how-to/watch-portcullis.md',
  async run(call) {
    const [id, ...rest] = call.positionals
    const last = call.values.last === true
    if (rest.length > 0 || (id === undefined) !== last) {
      throw commandFaults.usage({ detail: 'Give one id, or --last.' })
    }
    const client = managementClient(call.settings)
    const organization = await organizationOf(call, client)
    const wanted = id ?? (await lastRefused(client, organization))
    if (wanted === undefined) {
      call.print('No call was refused yet.')
      return 0
    }
    const { words } = await client.explainDecision({ params: { organization, id: wanted } })
    for (const line of words) call.print(line)
    return 0
  },
}

async function lastRefused(
  client: ReturnType<typeof managementClient>,
  organization: string,
): Promise<string | undefined> {
  const { decisions } = await client.listDecisions({
    params: { organization },
    query: { outcome: 'refused', limit: 1 },
  })
  return decisions[0]?.id
}
