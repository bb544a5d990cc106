import { LightSignal } from '@portcullis/kernel/signal'
import { discardBody } from '@portcullis/policy-kit/body/body-ahead'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { Body } from '@portcullis/policy-kit/message/reply'
import { type GoingOn, runReplySteps, runStepsBehind } from '@portcullis/policy-kit/step/run-steps'
import type { Log } from '@portcullis/ports/log/port'
import type { Forwarder } from './forwarder/forwarder.ts'
import { outgoingRequest } from './forwarder/outgoing-request.ts'
import type { Route } from './revision/find-route.ts'

/** Nobody would notice how long it takes. */
const MOST_MILLIS = 30_000

/**
 * Asks the backend for what its caller has been answered already: past the steps that are still to come, and the reply
 * past theirs. Nobody waits for it, and it is no call of its own: it is neither recorded nor counted. Never rejects.
 */
export async function goOnBehind(
  answered: Exchange,
  { steps, end }: Route,
  { step, behind }: GoingOn,
  forwarder: Pick<Forwarder, 'forward'>,
  log: Log,
): Promise<void> {
  if (!('backend' in end)) return
  const { backend, upstreamTarget } = end
  const signal = new LightSignal()
  const timer = setTimeout(() => signal.abort(), MOST_MILLIS).unref()
  const x = answered.behind(signal)
  try {
    behind(x)
    const left = steps.slice(steps.indexOf(step))
    if ((await runStepsBehind(left, x)) !== undefined) return
    const request = outgoingRequest(x, backend, upstreamTarget)
    const reply = await (backend.balanced?.begin() ?? forwarder).forward(request)
    x.isForwarded = true
    const { body } = reply
    const passed = runReplySteps(left, x, reply).body
    // Where no step wants to see it, nobody does.
    if (passed === body) await discardBody(body)
    else await readAll(passed)
  } catch (cause) {
    log.debug('what was asked behind a caller did not come', { decision: x.id, cause })
  } finally {
    clearTimeout(timer)
    x.over()
  }
}

/** The steps see it go by. */
async function readAll(body: Body | undefined): Promise<void> {
  if (body === undefined || body instanceof Uint8Array) return
  for await (const _ of body);
}
