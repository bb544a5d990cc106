import { parentPort, workerData } from 'node:worker_threads'
import type { Fault } from '@portcullis/kernel/fault'
import { countersFaults, type Limit } from '@portcullis/ports/counters/port'
import { monotonicClock } from './monotonic-clock.ts'
import { attachSharedCounters, type SharedCountersHandle } from './shared-counters.ts'

/** What the tests let a thread do: take one unit of every key in turn, as fast as it can, and tell what it got. */
export interface Hammering {
  readonly handle: SharedCountersHandle
  /** Opens for all threads at once. */
  readonly gate: Int32Array
  readonly keys: number
  readonly limit: Limit
  readonly rounds: number
  /** Where among the keys this thread begins. */
  readonly first: number
}

export interface Hammered {
  readonly admitted: readonly Admitted[]
  readonly refused: number
  readonly full: number
}

/** An admission, and the times between which it was given. */
export interface Admitted {
  readonly key: number
  readonly before: number
  readonly after: number
}

const { handle, gate, keys, limit, rounds, first } = workerData as Hammering
const counters = attachSharedCounters(handle)
const clock = monotonicClock()
const admitted: Admitted[] = []
let refused = 0
let full = 0

parentPort?.postMessage('ready')
Atomics.wait(gate, 0, 0)
for (let i = 0; i < rounds * keys; i++) {
  const key = (first + i) % keys
  const before = clock.now()
  try {
    if (counters.take(`key-${key}`, limit, 1).taken) admitted.push({ key, before, after: clock.now() })
    else refused++
  } catch (thrown) {
    if (!countersFaults.full.is(thrown)) throw thrown as Fault
    full++
  }
}
parentPort?.postMessage({ admitted, refused, full } satisfies Hammered)
