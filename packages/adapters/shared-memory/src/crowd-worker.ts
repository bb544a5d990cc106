import { parentPort, workerData } from 'node:worker_threads'
import type { Limit, Span } from '@portcullis/ports/counters/port'
import { attachSharedCounters, type SharedCountersHandle } from './shared-counters.ts'

/** What the tests let a thread do: take from several limits of one key, and hold places of another, as fast as it can. */
export interface Crowding {
  readonly handle: SharedCountersHandle
  /** Opens for all threads at once. */
  readonly gate: Int32Array
  readonly limits: readonly (Limit | Span)[]
  readonly places: number
  /** How many hold a place at the moment, over all threads; and whether all places ever were held at once. */
  readonly inside: Int32Array
  readonly rounds: number
}

export interface Crowded {
  readonly admitted: number
  readonly held: number
  /** The most that were ever seen inside at once. */
  readonly most: number
}

const PATIENCE_MILLIS = 10_000

const { handle, gate, limits, places, inside, rounds } = workerData as Crowding
const counters = attachSharedCounters(handle)
let [admitted, held, most] = [0, 0, 0]

parentPort?.postMessage('ready')
Atomics.wait(gate, 0, 0)
for (let round = 0; round < rounds; round++) {
  if (counters.takeAll('key', limits, 1).every(({ taken }) => taken)) admitted++
  const hold = counters.hold('places', { places })
  if (!hold.held) continue
  held++
  const now = Atomics.add(inside, 0, 1) + 1
  most = Math.max(most, now)
  if (now >= places && Atomics.exchange(inside, 1, 1) === 0) Atomics.notify(inside, 1)
  // Whoever is first waits for the others, who might else never be there at the same time where cores are few.
  Atomics.wait(inside, 1, 0, PATIENCE_MILLIS)
  for (let spin = 0; spin < 50; spin++) Atomics.load(inside, 0)
  Atomics.sub(inside, 0, 1)
  hold.release()
}
parentPort?.postMessage({ admitted, held, most } satisfies Crowded)
