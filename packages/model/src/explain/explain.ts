import { SYSTEM } from '../collection.ts'
import type { Attempt, Decision, Outcome } from '../decision/decision.ts'
import type { DecisionEnding, EndReason, Traffic } from '../decision/ending.ts'
import { revisionName } from '../revision.ts'
import { explainChain } from './explain-chain.ts'
import { stepLines } from './explain-step.ts'
import { explainToken } from './explain-token.ts'

const ENDINGS: Readonly<Record<Outcome, string>> = {
  allowed: 'It was allowed, and the backend answered',
  answered: 'It was answered by a step, without the backend',
  refused: 'It was refused',
  failed: 'It was let through or tried, and failed',
}

/** What is known of a fault besides its code. */
export interface FaultText {
  readonly title: string
  readonly remedy: string
}

/** Finds what is known of a fault by its code. */
export type FaultLookup = (code: string) => FaultText | undefined

const unknown: FaultLookup = () => undefined

/** What happened to a call, for a person to read: one sentence or step to a line. */
export function explainDecision(decision: Decision, faults: FaultLookup = unknown): string[] {
  if (decision.token !== undefined) return explainToken(decision, decision.token, faults)
  if (decision.ending !== undefined) return explainEnding(decision, decision.ending)
  if (decision.organization === SYSTEM) return explainTurnedAway(decision)
  return [
    `${decision.id}: ${calledWhat(decision)} at ${decision.at}.`,
    calledBy(decision),
    `Revision ${revisionName({ ...decision, number: decision.revision })} was in force.`,
    ...stepLines(decision.steps),
    ...upstreamLines(decision),
    ...explainChain(decision),
    endedHow(decision),
    ...whatToDo(decision, faults),
  ]
}

/** What was no call of any environment: all that is known is what was wrong with it. */
function explainTurnedAway(decision: Decision): string[] {
  const { id, method, at } = decision
  const what = method === 'unknown' ? 'Something came that is no request' : `${method} came`
  return [
    `${id}: ${what} at ${at}, and became no call of an environment.`,
    endedHow(decision),
    ...(decision.code === undefined
      ? []
      : [`What to do: the reference of faults describes ${decision.code}.`]),
  ]
}

const WHY: Readonly<Record<EndReason, string>> = {
  'closed-by-caller': 'the caller closed it',
  'closed-by-backend': 'the backend closed it',
  'caller-gone': 'the caller went away without a word',
  'backend-gone': 'the backend broke off without a word',
  'token-expired': 'the token with which it began expired',
  'token-revoked': 'the token with which it began was revoked',
  'operation-gone': 'a newer revision does not have its operation',
  'subscription-gone': 'the app is no longer subscribed',
  disconnected: 'an operator disconnected it',
  shutdown: 'the gateway ended',
  idle: 'nothing was said for too long',
  'too-old': 'it had lasted as long as it may',
  silent: 'one side did not answer pings',
  stalled: 'one side took nothing for too long',
  'protocol-error': 'somebody sent frames against the rules of the protocol',
  'too-large': 'a frame or message was too large',
  'too-fast': 'the caller sent too many frames',
}

/** How a standing call ended. */
function explainEnding(decision: Decision, ending: DecisionEnding): string[] {
  const { kind, reason, closeCode, fromCaller, fromBackend, millis } = ending
  const what = kind === 'websocket' ? 'The WebSocket' : 'The stream of events'
  const code = closeCode === undefined ? '' : ` (close code ${closeCode})`
  return [
    `${decision.id}: ${what} that ${ending.decision} let begin ended at ${decision.at}, after ${millis / 1000} s.`,
    calledBy(decision),
    `It ended because ${WHY[reason]}${code}.`,
    `From the caller came ${words(fromCaller)}, from the backend ${words(fromBackend)}.`,
  ]
}

function words({ frames, bytes }: Traffic): string {
  return frames === undefined ? `${bytes} bytes` : `${frames} frames with ${bytes} bytes`
}

function calledWhat({ method, operation }: Decision): string {
  if (operation === undefined) return `${method} was called with a path that leads to no operation`
  const { api, version, id, path } = operation
  return `${method} ${path} was called, which is ${id} of ${api}/${version}`
}

function calledBy({ client, subject }: Decision): string {
  if (client === undefined) return 'Nobody was identified as the caller.'
  if (subject === undefined || subject === client) return `The app "${client}" called for itself.`
  return `The app "${client}" called on behalf of "${subject}".`
}

function upstreamLines({ upstream }: Decision): string[] {
  if (upstream === undefined) return ['The backend was not called.']
  const { status, micros, target, attempts = [], panic } = upstream
  const which = target === undefined ? 'The backend' : `The backend at ${target}`
  const tries = attempts.length === 0 ? '' : `, at attempt ${attempts.length}`
  return [
    ...(panic === true ? ['No target of the backend was fit for service, so all of them were used.'] : []),
    `${which} ${answered(status)} after ${micros} µs${tries}.`,
    ...attempts.map((each, i) => `  ${i + 1}. ${attemptLine(each)}`),
  ]
}

function attemptLine({ target, status, code, micros }: Attempt): string {
  return `${target} ${answered(status)}${code === undefined ? '' : `, because of ${code}`}; ${micros} µs`
}

function answered(status: number | undefined): string {
  return status === undefined ? 'gave no answer' : `answered with ${status}`
}

function endedHow({ outcome, status, code, micros }: Decision): string {
  const because = code === undefined ? '' : `, because of ${code}`
  return `${ENDINGS[outcome]}: status ${status}${because}, after ${micros} µs.`
}

function whatToDo({ outcome, code, steps, operation }: Decision, faults: FaultLookup): string[] {
  if (outcome !== 'refused' && outcome !== 'failed') return []
  const fault = code === undefined ? undefined : faults(code)
  if (fault !== undefined) return [`${fault.title}.`, `What to do: ${fault.remedy}`]
  if (
    operation === undefined &&
    steps.every((step) => step.verdict === 'proceed' || step.verdict === 'skip')
  ) {
    return [
      'What to do: compare the method and the path with the contracts; `portcullis plan METHOD PATH` shows what matches.',
    ]
  }
  const refuser = steps.findLast((step) => step.mode === 'enforce' && step.verdict === 'refuse')
  if (refuser !== undefined) {
    return [
      `What to do: the step ${refuser.policy} from ${refuser.origin} decided. The reference of faults describes ${refuser.code ?? code}.`,
    ]
  }
  return ['What to do: no step refused. Look at the backend, and at the log of the gateway.']
}
