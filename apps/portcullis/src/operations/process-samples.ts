import { type MetricFamilies, type Sample, sample } from '@portcullis/kernel/metric'

/** What is measured of the process, whatever its roles. */
export const processFamilies = {
  portcullis_info: { kind: 'gauge', help: 'Always 1; its labels say what runs.' },
  process_start_time_seconds: { kind: 'gauge', help: 'When the process began, in seconds since 1970.' },
  process_cpu_seconds: { kind: 'counter', help: 'Processor time of the process, all threads together.' },
  process_resident_memory_bytes: { kind: 'gauge', help: 'Memory of the process, all threads together.' },
  portcullis_counters_capacity: {
    kind: 'gauge',
    help: 'How many keys of rate limits fit into memory; refusals with the code counters.full say that it is too small.',
  },
  portcullis_counters_used: {
    kind: 'gauge',
    help: 'How many keys of rate limits are in use in memory; above some 4,000 as a sample has it.',
  },
} as const satisfies MetricFamilies

export interface ProcessFacts {
  readonly roles: readonly string[]
  readonly countersCapacity: number
  /** Asked whenever it is measured. */
  countersUsed(): number
}

export function processSamples({ roles, countersCapacity, countersUsed }: ProcessFacts): Sample[] {
  const { user, system } = process.cpuUsage()
  const labels = ['roles', roles.join(','), 'node', process.version]
  return [
    sample('portcullis_info', 'gauge', labels, 1),
    sample('process_start_time_seconds', 'gauge', [], performance.timeOrigin / 1_000),
    sample('process_cpu_seconds', 'counter', [], (user + system) / 1_000_000),
    sample('process_resident_memory_bytes', 'gauge', [], process.memoryUsage.rss()),
    sample('portcullis_counters_capacity', 'gauge', [], countersCapacity),
    sample('portcullis_counters_used', 'gauge', [], countersUsed()),
  ]
}
