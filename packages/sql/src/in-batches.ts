/** Rows of one statement. Of few sizes, as each makes a text that the engine prepares and keeps. */
const SIZES = [128, 64, 32, 16, 8, 4, 2, 1]

export function* inBatches<T>(rows: readonly T[]): Generator<readonly T[]> {
  let done = 0
  for (const size of SIZES) {
    for (; rows.length - done >= size; done += size) yield rows.slice(done, done + size)
  }
}
