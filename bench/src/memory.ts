import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '@portcullis/kernel/fixture/free-port'
import { SYSTEM } from '@portcullis/model/collection'
import { availableCores, divide } from './process/core.ts'
import { type Started, startProcess } from './process/start-process.ts'
import { describeMachine } from './report/machine.ts'
import { formatCells } from './report/table.ts'

export interface MemoryOptions {
  readonly json: boolean
  readonly signal: AbortSignal
  print(line: string): void
}

const COMMAND = new URL('../../apps/portcullis/bin/portcullis.mjs', import.meta.url).pathname
const THREADS = [1, 2, 4]
/** What a start leaves behind is collected within this time, and threads that are wanted no more have ended. */
const IDLE_MILLIS = 15_000
const START_MILLIS = 60_000

/** What a process holds, as smaps_rollup(5) tells, in MB: all of it, and of that what is its own alone. */
interface Held {
  readonly rssMb: number
  readonly ownMb: number
}

/**
 * `npm run bench -- memory`: a gateway in a process of its own, as an operator starts it, with the sample organization in
 * force and nobody calling. A Node that does nothing stands beside it.
 */
export async function benchMemory({ json, signal, print }: MemoryOptions): Promise<void> {
  await using opened = new AsyncDisposableStack()
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-bench-'))
  opened.defer(() => rmSync(folder, { recursive: true, force: true }))
  const cores = divide(availableCores())?.others
  const home = join(folder, 'control')
  const [controlPort, authserverPort, backendPort] = [await freePort(), await freePort(), await freePort()]
  const addresses = {
    PORTCULLIS_CONTROL_PLANE_PORT: `${controlPort}`,
    PORTCULLIS_AUTHSERVER_PORT: `${authserverPort}`,
    PORTCULLIS_CONTROL_PLANE_URL: `http://127.0.0.1:${controlPort}`,
    PORTCULLIS_AUTHSERVER_URL: `http://127.0.0.1:${authserverPort}`,
    PORTCULLIS_SAMPLE_BACKEND_PORT: `${backendPort}`,
    PORTCULLIS_LOG_LEVEL: 'error',
  }
  await startRoles('authserver,control-plane', home, {})
  const secret = readFileSync(join(home, 'credentials', SYSTEM, 'gateway.secret'), 'utf8').trim()

  const node = opened.use(
    await startProcess({ command: process.execPath, arguments: ['-e', 'setInterval(() => {}, 1e6)'], cores }),
  )
  const rows: [string, Held][] = []
  for (const threads of THREADS) {
    const start = async () =>
      startRoles('gateway', join(folder, `gateway-${threads}`), {
        PORTCULLIS_GATEWAY_THREADS: `${threads}`,
        PORTCULLIS_GATEWAY_PORT: `${await freePort()}`,
        PORTCULLIS_GATEWAY_CLIENT_SECRET: secret,
        PORTCULLIS_REVISION_KEY_FILE: join(home, 'revision-key.json'),
      })
    // The first start compiles what every later one finds compiled.
    await (await start()).stop()
    const gateway = await start()
    await sleep(IDLE_MILLIS, undefined, { signal })
    rows.push([`threads-${threads}`, heldBy(gateway.pid)])
    await gateway.stop()
  }
  rows.unshift(['node', heldBy(node.pid)])

  if (!json) {
    print(describeMachine([], undefined))
    const cells = rows.map(([name, { rssMb, ownMb }]) => [name, rssMb.toFixed(0), ownMb.toFixed(0)])
    print(`\n${formatCells([['', 'RSS MB', 'of it its own'], ...cells])}\n`)
  }
  for (const [name, held] of rows) print(JSON.stringify({ bench: 'memory', case: name, ...held }))

  /** Resolves when it says that it has started. */
  async function startRoles(
    roles: string,
    place: string,
    environment: Readonly<Record<string, string>>,
  ): Promise<Started> {
    mkdirSync(place, { recursive: true })
    const operationsPort = await freePort()
    const started = opened.use(
      await startProcess({
        command: process.execPath,
        arguments: [COMMAND, 'start'],
        environment: {
          PORTCULLIS_ROLES: roles,
          PORTCULLIS_HOME: place,
          PORTCULLIS_OPERATIONS_PORT: `${operationsPort}`,
          ...addresses,
          ...environment,
        },
        cores,
      }),
    )
    started.output.resume()
    await untilReady(started, operationsPort, signal)
    return started
  }
}

/** Until it says so itself, at its port for operators. */
async function untilReady(started: Started, operationsPort: number, signal: AbortSignal): Promise<void> {
  for (const until = performance.now() + START_MILLIS; performance.now() < until; await sleep(50)) {
    signal.throwIfAborted()
    if (started.hasEnded()) break
    const answer = await fetch(`http://127.0.0.1:${operationsPort}/health/ready`).catch(() => undefined)
    if (answer?.ok === true) return
  }
  throw new Error(`a process did not start: ${started.complaints()}`)
}

function heldBy(pid: number): Held {
  const told = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const megabytes = (name: string): number => {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(told)?.[1]
    return Math.round(Number(found) / 102.4) / 10
  }
  return { rssMb: megabytes('Rss'), ownMb: megabytes('Pss_Anon') }
}
