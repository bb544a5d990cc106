import { availableParallelism } from 'node:os'
import { setFlagsFromString } from 'node:v8'

/**
 * How V8 collects what a server leaves behind; measured in docs/performance.md. Holds for all threads of the process.
 *
 * What lives for long is marked and swept when it has grown by one and a half times: by its own measure V8 does so far more often, and
 * marking takes a tenth of all that a call costs. On one core it is marked in small steps by the thread itself: helpers, of
 * which there are four, would have the core in turn with it, and calls would wait for them.
 */
export function collectorFlags(cores: number): readonly string[] {
  return ['--heap-growing-percent=150', ...(cores === 1 ? ['--no-concurrent-marking'] : [])]
}

export function tuneCollector(): void {
  for (const flag of collectorFlags(availableParallelism())) setFlagsFromString(flag)
}
