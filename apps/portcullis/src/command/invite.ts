import { managementClient } from '../local/management-client.ts'
import { type Command, commandFaults, positional } from './command.ts'

export const invite: Command = {
  name: 'invite',
  summary: 'Send a user a link by mail, by which to choose a first password',
  usage: 'ORGANIZATION/USER',
  options: {},
  async run(call) {
    const [named] = positional(call, 'ORGANIZATION/USER')
    const [organization, user, ...rest] = named.split('/')
    if (!organization || !user || rest.length > 0) {
      throw commandFaults.usage({ detail: `"${named}" is not ORGANIZATION/USER.` })
    }
    await managementClient(call.settings).inviteUser({ params: { organization, user } })
    call.print(`${named} has got a link by mail.`)
    return 0
  },
}
