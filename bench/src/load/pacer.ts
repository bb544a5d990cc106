/** Lets requests go at a steady rate, whatever the replies take. */
export interface Pacer {
  /** Calls back when a request goes, with the time since which its caller waits, as `performance.now()` has it. */
  whenDue(send: (since: number) => void): void
  stop(): void
}

const TURN_MILLIS = 1

/** Those of a millisecond go together. One for which nobody was free waits from then on. */
export function openPacer(perSecond: number): Pacer {
  const free: ((since: number) => void)[] = []
  const late: number[] = []
  const began = performance.now()
  let gone = 0

  function turn(): void {
    const now = performance.now()
    for (const due = Math.floor(((now - began) / 1_000) * perSecond); gone < due; gone++) {
      const send = free.shift()
      if (send === undefined) late.push(now)
      else send(now)
    }
  }
  const timer = setInterval(turn, TURN_MILLIS)

  return {
    whenDue(send) {
      const since = late.shift()
      if (since === undefined) free.push(send)
      else send(since)
    },
    stop: () => clearInterval(timer),
  }
}
