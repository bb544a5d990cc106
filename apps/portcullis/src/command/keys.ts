import type { SigningKeyView } from '@portcullis/api-client/route/signing-key'
import { managementClient } from '../local/management-client.ts'
import { printNone } from '../local/only-one.ts'
import { type Call, type Command, commandFaults } from './command.ts'

export const keys: Command = {
  name: 'keys',
  summary: 'List the keys that sign tokens, ask for new ones, or take a compromised one out',
  usage: 'list|rotate ORGANIZATION | remove ORGANIZATION KID',
  options: {},
  examples: ['keys list hmart', 'keys rotate hmart'],
  guide: 'docs/how-to/change-signing-keys.md',
  async run(call) {
    const [action, organization, kid, ...rest] = call.positionals
    if (organization === undefined || rest.length > 0) throw commandFaults.usage()
    const client = managementClient(call.settings)
    const params = { organization }
    if (action === 'list' && kid === undefined) {
      const answer = await client.listSigningKeys({ params })
      if (answer.keys.length === 0) await printNone(call, client, organization, NONE_YET)
      return print(call, answer)
    }
    if (action === 'rotate' && kid === undefined) {
      const answer = await client.rotateSigningKeys({ params })
      call.warn('The next keys sign as soon as they were announced for a day.')
      return print(call, answer)
    }
    if (action === 'remove' && kid !== undefined) {
      return print(call, await client.removeSigningKey({ params: { ...params, kid } }))
    }
    throw commandFaults.usage()
  },
}

const NONE_YET = 'None yet: they are made when the first token is asked for.'

function print(call: Call, answer: { readonly keys: readonly SigningKeyView[] }): number {
  for (const { kid, algorithm, stage, publishedAt, since } of answer.keys) {
    call.print(`${kid}  ${algorithm}  ${stage} since ${since}  published ${publishedAt}`)
  }
  return 0
}
