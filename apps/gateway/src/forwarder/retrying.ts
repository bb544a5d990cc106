import { setTimeout as sleep } from 'node:timers/promises'

const FIRST_RETRY_MILLIS = 250

/** Repeats a step until the signal; after failures it waits longer and longer, and never as long as the others. */
export async function retrying(
  signal: AbortSignal,
  maxMillis: number,
  step: () => Promise<void>,
): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    const began = performance.now()
    try {
      await step()
      failures = 0
    } catch {
      // The step has told of it. One that lasted was a success that came to its end.
      failures = performance.now() - began > maxMillis ? 1 : failures + 1
      await pause(jittered(Math.min(maxMillis, FIRST_RETRY_MILLIS * 2 ** Math.min(failures, 16))), signal)
    }
  }
}

/** Between half of a time and all of it. */
export function jittered(millis: number): number {
  return millis * (0.5 + Math.random() / 2)
}

export async function pause(millis: number, signal: AbortSignal): Promise<void> {
  // Rejects only when the signal ends it early, and then there is nothing more to do.
  await sleep(millis, undefined, { signal }).catch(() => undefined)
}
