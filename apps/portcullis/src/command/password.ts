import { text } from 'node:stream/consumers'
import { managementClient } from '../local/management-client.ts'
import { type Command, owned } from './command.ts'

export const password: Command = {
  name: 'password',
  summary: 'Set the password of a user; it is read from standard input, so that no shell history keeps it',
  usage: 'ORGANIZATION/USER < FILE',
  options: {},
  examples: ['password hmart/alice < password.txt'],
  guide: 'docs/how-to/let-users-choose-passwords.md',
  async run(call) {
    const { organization, name: user } = owned(call, 'ORGANIZATION/USER')
    // Before anybody types it, so that nobody types it in vain.
    const client = managementClient(call.settings)
    if (process.stdin.isTTY) call.warn('The new password, then Enter and Ctrl-D:')
    const chosen = (await text(process.stdin)).replace(/\r?\n$/, '')
    await client.setPassword({
      params: { organization, user },
      body: { password: chosen },
    })
    call.print(`The password of ${organization}/${user} is set.`)
    return 0
  },
}
