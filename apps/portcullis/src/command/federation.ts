import { managementClient } from '../local/management-client.ts'
import { printNone } from '../local/only-one.ts'
import { type Command, commandFaults } from './command.ts'

export const federation: Command = {
  name: 'federation',
  summary:
    'List users whom identity providers told of and with whom they sign in; take either away with sessions and tokens',
  usage: 'users ORGANIZATION | links ORGANIZATION USER | unlink ORGANIZATION LINK | remove ORGANIZATION USER',
  options: {},
  examples: ['federation users hmart', 'federation links hmart alice'],
  guide: 'docs/how-to/sign-users-in-with-another-provider.md',
  async run(call) {
    const [action = '', organization, named, ...rest] = call.positionals
    if (organization === undefined || rest.length > 0 || (action === 'users') !== (named === undefined))
      throw commandFaults.usage()
    const client = managementClient(call.settings)
    if (named === undefined) {
      const { users } = await client.listFederatedUsers({ params: { organization } })
      for (const { user, title, provider, createdAt, mail } of users)
        call.print(
          `${user}  ${title}${mail === undefined ? '' : ` <${mail}>`}  of ${provider}  since ${createdAt}`,
        )
      if (users.length === 0) await printNone(call, client, organization)
      return 0
    }
    if (action === 'links') {
      const { links } = await client.listAccountLinks({ params: { organization, user: named } })
      for (const { id, provider, subject, linkedAt } of links)
        call.print(`${id}  ${provider}  as ${subject}  since ${linkedAt}`)
      if (links.length === 0) call.print('None.')
      return 0
    }
    if (action === 'unlink') {
      const { link, position } = await client.unlinkAccount({ params: { organization, link: named } })
      call.print(`${link.user} no longer signs in with ${link.provider}; revoked at position ${position}.`)
      return 0
    }
    if (action !== 'remove') throw commandFaults.usage()
    const { position } = await client.removeFederatedUser({ params: { organization, user: named } })
    call.print(`${named} is removed; revoked at position ${position}.`)
    return 0
  },
}
