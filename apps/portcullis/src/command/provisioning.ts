import { managementClient } from '../local/management-client.ts'
import { type Command, commandFaults } from './command.ts'

export const provisioning: Command = {
  name: 'provisioning',
  summary:
    'Issue, list or revoke tokens with which users and groups are provisioned (SCIM); each is shown once',
  usage: 'issue|list ORGANIZATION | revoke ORGANIZATION ID',
  options: {},
  examples: ['provisioning issue hmart'],
  guide: 'docs/how-to/provision-users-by-scim.md',
  async run(call) {
    const [action, organization = '', id, ...rest] = call.positionals
    const client = managementClient(call.settings)
    const params = { organization }
    if (organization !== '' && rest.length === 0) {
      if (action === 'issue' && id === undefined) {
        const issued = await client.issueProvisioningToken({ params })
        call.warn(`${issued.id}: it is shown this once; keep it where secrets are kept.`)
        call.print(issued.token)
        return 0
      }
      if (action === 'list' && id === undefined) {
        const { tokens } = await client.listProvisioningTokens({ params })
        for (const each of tokens) call.print(`${each.id}  issued ${each.issuedAt}`)
        if (tokens.length === 0) call.print('None.')
        return 0
      }
      if (action === 'revoke' && id !== undefined) {
        await client.revokeProvisioningToken({ params: { ...params, token: id } })
        call.print(`Revoked ${id}.`)
        return 0
      }
    }
    throw commandFaults.usage()
  },
}
