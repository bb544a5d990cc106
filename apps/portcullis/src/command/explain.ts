import type { ApiClient } from '@portcullis/api-client/client'
import { Fault } from '@portcullis/kernel/fault'
import { SYSTEM } from '@portcullis/model/collection'
import { managementClient } from '../local/management-client.ts'
import { organizationOf } from '../local/only-one.ts'
import { type Command, commandFaults } from './command.ts'
import { organizationOption } from './known-option.ts'

type Client = ReturnType<typeof managementClient>

export const explain: Command = {
  name: 'explain',
  summary:
    'Say in words how a call was decided: by its Portcullis-Decision, or the last one that did not pass',
  usage: 'ID | --last [--organization NAME]',
  options: {
    last: { type: 'boolean', meaning: 'The last call that was refused or failed.' },
    ...organizationOption,
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
    const wanted = id ?? (await lastThatDidNotPass(client, organization))
    if (wanted === undefined) {
      call.print('Every call that is on record passed.')
      return 0
    }
    for (const line of await wordsOf(client, organization, wanted)) call.print(line)
    return 0
  },
}

/** What became no call of an environment belongs to no organization but the installation's own. */
async function wordsOf(client: Client, organization: string, id: string): Promise<readonly string[]> {
  const explained = (owner: string) => client.explainDecision({ params: { organization: owner, id } })
  try {
    return (await explained(organization)).words
  } catch (unknown) {
    if (!(unknown instanceof Fault) || unknown.status !== 404) throw unknown
    return await explained(SYSTEM).then(
      ({ words }) => words,
      () => Promise.reject(unknown),
    )
  }
}

/** Refused by us or failed behind us: whoever asks wants to know of either. */
export async function lastThatDidNotPass(
  client: Pick<ApiClient, 'listDecisions'>,
  organization: string,
): Promise<string | undefined> {
  const last = await Promise.all(
    (['refused', 'failed'] as const).map(async (outcome) => {
      const query = { outcome, limit: 1 }
      return (await client.listDecisions({ params: { organization }, query })).decisions
    }),
  )
  return last.flat().toSorted((a, b) => (a.at < b.at ? 1 : -1))[0]?.id
}
