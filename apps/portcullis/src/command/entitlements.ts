import type { Entitlement } from '@portcullis/model/approval/entitlement'
import { managementClient } from '../local/management-client.ts'
import { printNone } from '../local/only-one.ts'
import { type Call, type Command, commandFaults } from './command.ts'

export const entitlements: Command = {
  name: 'entitlements',
  summary: 'List scopes that were given in advance, or take them back with all tokens of whoever had them',
  usage: 'list ORGANIZATION | withdraw ORGANIZATION ID',
  options: {},
  examples: ['entitlements list hmart'],
  guide: 'docs/how-to/ask-for-scopes-in-advance.md',
  async run(call) {
    const [action, organization, id, ...rest] = call.positionals
    if (organization === undefined || rest.length > 0) throw commandFaults.usage()
    const client = managementClient(call.settings)
    if (action === 'list' && id === undefined) {
      const { entitlements: all } = await client.listEntitlements({ params: { organization } })
      if (all.length === 0) await printNone(call, client, organization)
      return print(call, all)
    }
    if (action !== 'withdraw' || id === undefined) throw commandFaults.usage()
    const { entitlement, position } = await client.withdrawEntitlement({ params: { organization, id } })
    call.print(`Revoked what ${entitlement.holder.name} was given, at position ${position}.`)
    return print(call, [entitlement])
  },
}

function print(call: Call, all: readonly Entitlement[]): number {
  for (const { id, holder, audience, scopes, from, expiresAt } of all) {
    call.print(
      `${id}  ${holder.kind} ${holder.name}  ${scopes.join(' ')}  for ${audience}  until ${expiresAt}  by ${from}`,
    )
  }
  return 0
}
