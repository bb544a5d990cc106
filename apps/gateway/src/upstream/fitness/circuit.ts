/** When too large a share of calls that fail stops all calls to a target. */
export interface CircuitRules {
  readonly failurePercent: number
  readonly minimumCalls: number
  readonly windowMillis: number
  readonly openForMillis: number
  readonly trialCalls: number
}

/**
 * A circuit breaker. `closed`: calls pass and are counted. `open`: no call passes until the time is up. `half-open`: a
 * few calls are let through, and all of them must succeed.
 */
export type Circuit =
  | {
      readonly mode: 'closed'
      readonly epoch: number
      readonly windowBegan: number
      readonly calls: number
      readonly failures: number
    }
  | { readonly mode: 'open'; readonly epoch: number; readonly until: number }
  | { readonly mode: 'half-open'; readonly epoch: number; readonly trials: number; readonly good: number }

/** `none`: it ended in a way that says nothing about the target, such as a caller who went away. */
export type CallResult = 'good' | 'bad' | 'none'

export function closedCircuit(now: number, epoch = 0): Circuit {
  return { mode: 'closed', epoch, windowBegan: now, calls: 0, failures: 0 }
}

export function permits(state: Circuit, rules: CircuitRules, now: number): boolean {
  if (state.mode === 'open') return now >= state.until
  return state.mode === 'closed' || state.trials < rules.trialCalls
}

/** A call that was permitted is being sent. Its result comes with the epoch of what this returns. */
export function afterBegin(state: Circuit): Circuit {
  if (state.mode === 'closed') return state
  if (state.mode === 'half-open') return { ...state, trials: state.trials + 1 }
  return { mode: 'half-open', epoch: state.epoch + 1, trials: 1, good: 0 }
}

/** Results of calls that began in another epoch say nothing about this one. */
export function afterEnd(
  state: Circuit,
  rules: CircuitRules,
  now: number,
  epoch: number,
  result: CallResult,
): Circuit {
  if (epoch !== state.epoch || state.mode === 'open') return state
  return state.mode === 'closed'
    ? afterCounted(state, rules, now, result)
    : afterTrial(state, rules, now, result)
}

type Closed = Circuit & { mode: 'closed' }
type HalfOpen = Circuit & { mode: 'half-open' }

function afterCounted(state: Closed, rules: CircuitRules, now: number, result: CallResult): Circuit {
  if (result === 'none') return state
  const isOver = now >= state.windowBegan + rules.windowMillis
  const { windowBegan, calls, failures } = isOver ? { windowBegan: now, calls: 0, failures: 0 } : state
  const next = { calls: calls + 1, failures: failures + (result === 'bad' ? 1 : 0) }
  const isTooMuch =
    next.calls >= rules.minimumCalls && next.failures * 100 >= rules.failurePercent * next.calls
  // A good call is no reason to open, even where it makes the calls enough for a conclusion.
  if (result === 'bad' && isTooMuch) return opened(state, rules, now)
  return { ...state, windowBegan, ...next }
}

function afterTrial(state: HalfOpen, rules: CircuitRules, now: number, result: CallResult): Circuit {
  if (result === 'bad') return opened(state, rules, now)
  if (result === 'none') return { ...state, trials: state.trials - 1 }
  const good = state.good + 1
  return good >= rules.trialCalls ? closedCircuit(now, state.epoch + 1) : { ...state, good }
}

function opened(state: Circuit, rules: CircuitRules, now: number): Circuit {
  return { mode: 'open', epoch: state.epoch + 1, until: now + rules.openForMillis }
}
