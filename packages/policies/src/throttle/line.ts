import type { Signal } from '@portcullis/kernel/signal'

/** Calls that wait, in the order in which they came. */
export interface Line {
  /** Resolves when it is the turn of this call. Rejects, and makes way for those behind, once the signal is given. */
  join(waitMillis: number, signal: Signal): Promise<void>
}

interface Waiter {
  readonly go: () => void
}

/**
 * Everybody who joins brings a turn with them, a moment that the counters gave them; at each turn the first in line goes.
 * So when somebody leaves, those behind move up by one, and the last turn passes unused.
 */
export function openLine(whenEmpty: () => void): Line {
  const waiters = new Set<Waiter>()
  const turns: number[] = []
  let timer: NodeJS.Timeout | undefined

  function arm(): void {
    clearTimeout(timer)
    const [first] = turns
    if (first !== undefined) timer = setTimeout(next, Math.max(0, first - performance.now()))
  }

  function next(): void {
    // Timers may be a moment early.
    while (turns[0] !== undefined && turns[0] <= performance.now()) {
      turns.shift()
      const [first] = waiters
      if (first === undefined) continue
      waiters.delete(first)
      first.go()
    }
    if (waiters.size === 0) close()
    else arm()
  }

  function close(): void {
    clearTimeout(timer)
    turns.length = 0
    whenEmpty()
  }

  return {
    join(waitMillis, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const leave = (): void => {
        waiters.delete(waiter)
        reject(signal.reason)
        if (waiters.size === 0) close()
      }
      const waiter: Waiter = {
        go() {
          signal.removeEventListener('abort', leave)
          resolve()
        },
      }
      if (signal.aborted) return Promise.reject(signal.reason)
      signal.addEventListener('abort', leave)
      waiters.add(waiter)
      const turn = performance.now() + waitMillis
      turns.splice(turns.findLastIndex((each) => each <= turn) + 1, 0, turn)
      if (turns[0] === turn) arm()
      return promise
    },
  }
}
