import { stage } from '@portcullis/model/resource/stage'
import { managementClient } from '../local/management-client.ts'
import { type Command, commandFaults, option } from './command.ts'

export const registration: Command = {
  name: 'registration',
  summary: 'Give leave for one app to register itself; the token is shown once',
  usage: 'allow ORGANIZATION sandbox|production [--expires-in DURATION]',
  options: { 'expires-in': { type: 'string', meaning: 'For how long the leave is good, such as 1d.' } },
  examples: ['registration allow hmart sandbox --expires-in 1d'],
  guide: 'docs/how-to/let-apps-register-themselves.md',
  async run(call) {
    const [action, organization, named, ...rest] = call.positionals
    const chosen = stage.safeParse(named)
    if (action !== 'allow' || organization === undefined || !chosen.success || rest.length > 0) {
      throw commandFaults.usage()
    }
    const body = { stage: chosen.data, expiresIn: option(call, 'expires-in') ?? '1d' }
    const { token } = await managementClient(call.settings).giveLeave({ params: { organization }, body })
    call.warn('It is good once, as the bearer token of a registration; it is shown this once.')
    call.print(token)
    return 0
  },
}
