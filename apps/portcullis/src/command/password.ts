import { text } from 'node:stream/consumers'
import { managementClient } from '../local/management-client.ts'
import { type Command, owned } from './command.ts'

export const password: Command = {
  name: 'password',
  summary: 'Set the password of a user; it is read from standard input, so that no shell history keeps it',
  usage: 'ORGANIZATION/USER < FILE',
  options: {},
  async run(call) {
    const { organization, name: user } = owned(call, 'ORGANIZATION/USER')
    const chosen = (await text(process.stdin)).replace(/\r?\n$/, '')
    await managementClient(call.settings).setPassword({
      params: { organization, user },
      body: { password: chosen },
    })
    call.print(`The password of ${organization}/${user} is set.`)
    return 0
  },
}
