import { join } from 'node:path'
import { freePorts } from '@portcullis/kernel/fixture/free-port'
import { type Running, startPortcullis } from '@portcullis/portcullis/composition/start-portcullis'
import { readSettings } from '@portcullis/portcullis/setting/read-settings'
import { collectingLog } from '@portcullis/ports/log/memory'
import { shiftedClock } from '@portcullis/system/shifted-clock'
import { temporaryFolder } from './temporary-folder.ts'

export interface System extends AsyncDisposable {
  readonly home: string
  /** The settings, as environment: for commands and processes that belong to this system. */
  readonly environment: Readonly<Record<string, string>>
  readonly running: Running
  readonly log: ReturnType<typeof collectingLog>
  /** Lets the gateway and the stores believe that it is later; the authorization server signs by the real time. */
  pass(millis: number): void
}

/** Ports for everything, as environment variables. */
export async function freshEnvironment(home: string): Promise<Record<string, string>> {
  const [gateway, controlPlane, authserver, backend, operations] = await freePorts(5)
  return {
    PORTCULLIS_HOME: home,
    PORTCULLIS_GATEWAY_PORT: String(gateway),
    PORTCULLIS_CONTROL_PLANE_PORT: String(controlPlane),
    PORTCULLIS_AUTHSERVER_PORT: String(authserver),
    PORTCULLIS_SAMPLE_BACKEND_PORT: String(backend),
    PORTCULLIS_OPERATIONS_PORT: String(operations),
  }
}

/** The whole of Portcullis with its sample, in this process, on ports and a folder of its own. */
export async function startSystem(changes: Readonly<Record<string, string>> = {}): Promise<System> {
  const folder = temporaryFolder()
  const home = join(folder.path, 'home')
  const environment = { ...(await freshEnvironment(home)), ...changes }
  const log = collectingLog()
  const clock = shiftedClock()
  try {
    const running = await startPortcullis(readSettings(environment), log, clock)
    return {
      home,
      environment,
      running,
      log,
      pass: clock.pass,
      async [Symbol.asyncDispose]() {
        await running.close()
        folder[Symbol.dispose]()
      },
    }
  } catch (error) {
    folder[Symbol.dispose]()
    throw error
  }
}
