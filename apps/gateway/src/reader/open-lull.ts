/** Whether calls have come of late; to count one costs next to nothing. */
export interface Lull {
  count(): void
  /** None has come for a quarter of a second or more. */
  isHere(): boolean
  close(): void
}

const LOOK_MILLIS = 250

export function openLull(): Lull {
  let calls = 0
  let seen = 0
  let wasQuiet = true
  const timer = setInterval(() => {
    wasQuiet = calls === seen
    seen = calls
  }, LOOK_MILLIS).unref()
  return {
    count() {
      calls++
    },
    isHere: () => wasQuiet && calls === seen,
    close: () => clearInterval(timer),
  }
}
