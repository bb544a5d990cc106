import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '@portcullis/api-client/client'
import { Duration, isDuration } from '@portcullis/kernel/duration'
import { revocable } from '@portcullis/model/news/revocation'
import { managementClient } from '../local/management-client.ts'
import { type Call, type Command, commandFaults, option } from './command.ts'

const LOOK_MILLIS = 25

export const revoke: Command = {
  name: 'revoke',
  summary: 'Revoke tokens: one, or all of a subject, app (client), grant or session',
  usage: `ORGANIZATION ${revocable.options.join('|')} VALUE … [--wait] [--timeout DURATION]`,
  options: {
    wait: { type: 'boolean', meaning: 'End when every gateway refuses the tokens, and say when it did.' },
    timeout: { type: 'string', meaning: 'How long to wait at most; 30s when absent.' },
  },
  examples: ['revoke hmart subject alice --wait', 'revoke hmart client stock-viewer --wait'],
  guide: 'docs/how-to/revoke-tokens.md',
  async run(call) {
    const [organization, wanted, ...values] = call.positionals
    const what = revocable.safeParse(wanted)
    if (organization === undefined || !what.success || values.length === 0) throw commandFaults.usage()
    const client = managementClient(call.settings)
    const revocations = values.map((value) => ({ what: what.data, value }))
    const { position } = await client.revokeTokens({ params: { organization }, body: { revocations } })
    call.print(`Revoked, at position ${position}.`)
    return call.values.wait === true ? waitUntilInForce(call, client, position) : 0
  },
}

/** Resolves to 0 once every gateway refuses what was revoked, to 1 when some don't in time. */
async function waitUntilInForce(call: Call, client: ApiClient, position: number): Promise<number> {
  const given = option(call, 'timeout') ?? '30s'
  if (!isDuration(given)) throw commandFaults.usage({ detail: `"${given}" is no duration, such as 30s.` })
  const deadline = performance.now() + Duration.parse(given).milliseconds
  for (;;) {
    const state = await client.getRevocation({ params: { position: String(position) } })
    const isLate = performance.now() >= deadline
    if (!state.inForce && !isLate) {
      await sleep(LOOK_MILLIS)
      continue
    }
    for (const { gateway, inForce, millis } of state.gateways) {
      call.print(inForce ? `${gateway}: refuses after ${millis ?? '?'} ms` : `${gateway}: has not said so`)
    }
    if (state.gateways.length === 0) call.print('No gateway was heard of lately.')
    if (!state.inForce)
      call.warn(`Not in force everywhere within ${given}; it will be as soon as they are reached.`)
    return state.inForce ? 0 : 1
  }
}
