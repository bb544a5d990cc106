import { text } from 'node:stream/consumers'
import { managementClient } from '../local/management-client.ts'
import { type Command, commandFaults, positional } from './command.ts'

export const password: Command = {
  name: 'password',
  summary: 'Set the password of a user; it is read from standard input, so that no shell history keeps it',
  usage: 'ORGANIZATION/USER < FILE',
  options: {},
  async run(call) {
    const [named] = positional(call, 'ORGANIZATION/USER')
    const [organization, user, ...rest] = named.split('/')
    if (!organization || !user || rest.length > 0) {
      throw commandFaults.usage({ detail: `"${named}" is not ORGANIZATION/USER.` })
    }
    const chosen = (await text(process.stdin)).replace(/\r?\n$/, '')
    await managementClient(call.settings).setPassword({
      params: { organization, user },
      body: { password: chosen },
    })
    call.print(`The password of ${named} is set.`)
    return 0
  },
}
