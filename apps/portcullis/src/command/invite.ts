import { managementClient } from '../local/management-client.ts'
import { type Command, owned } from './command.ts'

export const invite: Command = {
  name: 'invite',
  summary: 'Send a user a link by mail, by which to choose a first password',
  usage: 'ORGANIZATION/USER',
  options: {},
  examples: ['invite hmart/alice'],
  guide: 'docs/how-to/let-users-choose-passwords.md',
  async run(call) {
    const { organization, name: user } = owned(call, 'ORGANIZATION/USER')
    await managementClient(call.settings).inviteUser({ params: { organization, user } })
    call.print(`${organization}/${user} has got a link by mail.`)
    return 0
  },
}
