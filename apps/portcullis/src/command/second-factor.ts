import { managementClient } from '../local/management-client.ts'
import { type Command, commandFaults, positional } from './command.ts'

export const secondFactor: Command = {
  name: 'second-factor',
  summary: 'Remove what a user who has lost it proves beside the password',
  usage: 'remove ORGANIZATION/USER',
  options: {},
  examples: ['second-factor remove hmart/alice'],
  guide: 'docs/how-to/ask-for-a-second-factor.md',
  async run(call) {
    const [action, named] = positional(call, 'remove', 'ORGANIZATION/USER')
    const [organization, user, ...rest] = named.split('/')
    if (action !== 'remove' || !organization || !user || rest.length > 0) {
      throw commandFaults.usage()
    }
    await managementClient(call.settings).removeSecondFactor({ params: { organization, user } })
    call.print(`${named} signs in without a second factor, or sets a new one up.`)
    return 0
  },
}
