import type { Log } from '@portcullis/ports/log/port'

/** Does something again and again, and not while it is still being done. What fails is logged, and done again. */
export function everyMillis(
  periodMillis: number,
  log: Log,
  what: string,
  run: () => Promise<void>,
): { stop(): Promise<void> } {
  let running: Promise<void> = Promise.resolve()
  let isRunning = false
  const timer = setInterval(() => {
    if (isRunning) return
    isRunning = true
    running = run()
      .catch((error: unknown) => log.error(`${what}: that failed`, { error }))
      .finally(() => {
        isRunning = false
      })
  }, periodMillis)
  timer.unref()
  return {
    stop: () => {
      clearInterval(timer)
      return running
    },
  }
}
