import { cpus, release } from 'node:os'
import type { Cores } from '../process/core.ts'
import type { Installed } from '../subject/start-subjects.ts'

/** What a figure means nothing without: processor, kernel, versions, and who ran where. */
export function describeMachine(installed: readonly Installed[], cores: Cores | undefined): string {
  const processors = cpus()
  const programs = installed.map(({ name, version }) => `${name} ${version}`)
  const place =
    cores === undefined
      ? 'one core for everything: figures of requests per second say little'
      : `measured on core ${cores.measured}, load and backend on ${cores.others}`
  return [
    `${processors.length} × ${processors[0]?.model ?? 'unknown processor'}, Linux ${release()}`,
    `Node ${process.versions.node}, ${programs.join(', ') || 'none of nginx, HAProxy and Caddy'}`,
    place,
  ].join('; ')
}
