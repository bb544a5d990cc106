import { managementClient } from '../local/management-client.ts'
import { type Command, commandFaults } from './command.ts'

export const addressLists: Command = {
  name: 'address-lists',
  summary: 'Show the address lists that are fetched from others: how old they are, and what went wrong',
  usage: 'ORGANIZATION',
  options: {},
  examples: ['address-lists hmart'],
  guide: 'docs/how-to/let-only-some-networks-in.md',
  async run(call) {
    const [organization, ...rest] = call.positionals
    if (organization === undefined || rest.length > 0) {
      throw commandFaults.usage()
    }
    const answer = await managementClient(call.settings).listAddressLists({ params: { organization } })
    for (const { name, url, entries, fetchedAt, failure, isStale } of answer.addressLists) {
      const state =
        fetchedAt === undefined ? 'never fetched: nobody is let in' : `${entries} entries of ${fetchedAt}`
      call.print(`${name}  ${state}${isStale ? '  STALE' : ''}  ${url}`)
      if (failure !== undefined) call.warn(`${name}: ${failure}`)
    }
    if (answer.addressLists.length === 0) call.print('None is fetched.')
    return answer.addressLists.some(({ isStale }) => isStale) ? 1 : 0
  },
}
