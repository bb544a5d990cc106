import { Fault } from '@portcullis/kernel/fault'
import { lookAtCalls } from '../doctor/look-at-calls.ts'
import { lookAtCertificates } from '../doctor/look-at-certificates.ts'
import { lookAtEngines } from '../doctor/look-at-engines.ts'
import { lookAtHome } from '../doctor/look-at-home.ts'
import { lookAtServers } from '../doctor/look-at-servers.ts'
import { type Symptom, symptomLines, wrong } from '../doctor/symptom.ts'
import { managementClient } from '../local/management-client.ts'
import type { Settings } from '../setting/settings.ts'
import { type Command, positional } from './command.ts'

export const doctor: Command = {
  name: 'doctor',
  summary:
    'Look at everything that this installation needs, and say what is wrong and what to do; exit code 1 when something is',
  usage: '',
  options: {},
  examples: ['doctor'],
  guide: 'docs/how-to/find-out-what-is-wrong.md',
  async run(call) {
    positional(call)
    const { settings } = call
    const now = Date.now()
    const symptoms = [
      ...lookAtHome(settings),
      ...lookAtCertificates(settings, now),
      ...(await lookAtEngines(settings)),
      ...(await lookAtServers(settings)),
    ]
    // What the servers say is asked where they answer at all.
    if (symptoms.every(({ state }) => state !== 'wrong')) symptoms.push(...(await askedOf(settings, now)))
    for (const line of symptoms.flatMap(symptomLines)) call.print(line)
    const bad = symptoms.filter(({ state }) => state === 'wrong').length
    call.print('')
    call.print(bad === 0 ? 'Nothing is wrong.' : `${bad} ${bad === 1 ? 'thing is' : 'things are'} wrong.`)
    return bad === 0 ? 0 : 1
  },
}

async function askedOf(settings: Settings, now: number): Promise<Symptom[]> {
  try {
    return await lookAtCalls(managementClient(settings), now)
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    return [wrong(`The management API was asked in vain: ${thrown.detail ?? thrown.title}`, thrown.remedy)]
  }
}
