import type { Gateway } from '@portcullis/gateway/start-gateway'
import type { Log } from '@portcullis/ports/log/port'
import type { SharedCounters } from '@portcullis/shared-memory/shared-counters'
import { processSamples } from '../operations/process-samples.ts'
import { serveOperations } from '../operations/serve-operations.ts'
import { openServerMeter } from '../operations/server-meter.ts'
import type { Settings } from '../setting/settings.ts'

/** What tells of this process while it starts, runs and ends. */
export interface Operations {
  /** Where it is told, if anywhere. */
  readonly port: number | undefined
  watchGateway(gateway: Pick<Gateway, 'measure' | 'live'>): void
  /** Ready are only those who have started and do not end yet. */
  isStarted: boolean
}

/** Opens it before the roles, so that who restarts what is not alive gives them the time to start. */
export async function openOperations(
  settings: Settings,
  counters: Pick<SharedCounters, 'used'>,
  log: Log,
  opened: AsyncDisposableStack,
): Promise<Operations> {
  const { operationsHost: host, operationsPort, controlPlanePort, authserverPort } = settings
  let gateway: Pick<Gateway, 'measure' | 'live'> | undefined
  const operations = { isStarted: false, port: undefined as number | undefined, watchGateway }
  if (operationsPort === undefined) return operations
  const roles = new Map([
    [controlPlanePort, 'control-plane'],
    [authserverPort, 'authserver'],
  ])
  const meter = openServerMeter((port) => roles.get(port))
  opened.defer(() => meter.stop())
  const server = await serveOperations({ host, port: operationsPort, measure, lacking, log })
  opened.defer(() => server.close(0))
  operations.port = server.port
  return operations

  function watchGateway(watched: Pick<Gateway, 'measure' | 'live'>): void {
    gateway = watched
  }

  async function measure() {
    return [
      ...(gateway === undefined ? [] : await gateway.measure()),
      ...meter.samples(),
      ...processSamples({ ...settings, countersUsed: counters.used }),
    ]
  }

  function lacking(): string[] {
    if (!operations.isStarted) return ['it starts, or ends']
    if (gateway?.live().length === 0) return ['the gateway has no revision in force']
    return []
  }
}
