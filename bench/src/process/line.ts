import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** What a program says, one JSON value a line. Rejects with `why` when it ends first. */
export function jsonLines(output: Readable, why: () => string): { next<T>(): Promise<T> } {
  const lines = createInterface({ input: output })[Symbol.asyncIterator]()
  return {
    async next<T>() {
      const line = await lines.next()
      if (line.done === true) throw new Error(`a program of the benchmark ended: ${why()}`)
      return JSON.parse(line.value) as T
    },
  }
}
