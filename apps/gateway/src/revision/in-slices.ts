/**
 * Runs a computation to its end and gives the thread back to its calls after every slice of time. The computation
 * yields where it may be interrupted.
 */
export async function inSlices<T>(computation: Generator<void, T>, sliceMillis = 0.5): Promise<T> {
  for (;;) {
    const until = performance.now() + sliceMillis
    do {
      const step = computation.next()
      if (step.done === true) return step.value
    } while (performance.now() < until)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Runs a computation to its end without a pause. */
export function atOnce<T>(computation: Generator<void, T>): T {
  for (;;) {
    const step = computation.next()
    if (step.done === true) return step.value
  }
}
