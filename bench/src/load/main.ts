import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import { usageOf } from '../measure/cpu-time.ts'
import { Histogram } from '../measure/statistics.ts'
import { openEchoCaller } from './echo-caller.ts'
import { openPacer, type Pacer } from './pacer.ts'
import { ReplyReader } from './reply-reader.ts'
import type { RunOrder, RunResult } from './run.ts'

/** The load: so many connections, on each the next request as soon as the last is answered. A process of its own. */
const times = new Histogram()

const REDIAL_MILLIS = 20

/** What is counted in one run. */
class Tally {
  requests = 0
  failures = 0
  failure: string | undefined
  isOver = false

  clear(): void {
    this.requests = 0
    times.clear()
  }

  fail(why: string): void {
    this.failures++
    this.failure ??= why
  }
}

async function run(order: RunOrder): Promise<RunResult> {
  const requests = (JSON.parse(readFileSync(order.requestFile, 'utf8')) as string[]).map((text) =>
    Buffer.from(text, 'latin1'),
  )
  let next = 0
  const nextRequest = (): Buffer => requests[next++ % requests.length] as Buffer
  const tally = new Tally()
  const pacer = order.ratePerSecond === undefined ? undefined : openPacer(order.ratePerSecond)
  const callers = Array.from({ length: order.connections }, () =>
    order.echo ? openEcho(order, tally) : open(order, nextRequest, tally, pacer),
  )
  await sleep(order.warmUpMillis)
  const before = usageOf(order.pid)
  const fromMicros = monotonicMicros()
  tally.clear()
  await sleep(order.millis)
  const { requests: count } = tally
  const after = usageOf(order.pid)
  const toMicros = monotonicMicros()
  tally.isOver = true
  for (const caller of callers) caller.close()
  pacer?.stop()
  return {
    requests: count,
    failures: tally.failures,
    failure: tally.failure,
    seconds: (toMicros - fromMicros) / 1e6,
    p50Ms: times.percentile(0.5),
    p99Ms: times.percentile(0.99),
    maxMs: times.percentile(1),
    cpuMicros: after.cpuMicros - before.cpuMicros,
    residentBytes: after.residentBytes,
    fromMicros,
    toMicros,
  }
}

/** One caller: with a connection that it keeps, or with one after another. */
function open(
  order: RunOrder,
  nextRequest: () => Buffer,
  tally: Tally,
  pacer: Pacer | undefined,
): { close(): void } {
  const reader = new ReplyReader()
  let socket: Socket
  let sentAt = 0
  let isAnswered = false

  const send = (): void => {
    reader.reset()
    isAnswered = false
    if (!order.short) sentAt = performance.now()
    socket.write(nextRequest())
  }

  const sendNext = (): void => {
    if (pacer === undefined) send()
    else {
      pacer.whenDue((since) => {
        send()
        // A request that had to wait for a connection was late already.
        sentAt = since
      })
    }
  }

  const dial = (): void => {
    // The time of a short connection begins with its handshake.
    sentAt = performance.now()
    const mine = dialTo(order, sendNext)
    socket = mine
    mine.on('data', (chunk) => {
      if (tally.isOver || !reader.take(chunk)) return
      times.add(performance.now() - sentAt)
      tally.requests++
      isAnswered = true
      if (reader.status !== 200) tally.fail(`status ${reader.status}`)
      if (order.short) mine.end()
      else sendNext()
    })
    mine.on('error', (error) => {
      if (!tally.isOver && !isAnswered) tally.fail(error.message)
    })
    mine.on('close', () => {
      if (tally.isOver) return
      if (!isAnswered) tally.fail('the connection was closed before the reply')
      // What refuses at once must not keep this process busy with dialling.
      if (isAnswered) setImmediate(dial)
      else setTimeout(dial, REDIAL_MILLIS)
    })
  }

  dial()
  return { close: () => socket.destroy() }
}

function dialTo({ port, authority }: RunOrder, ready: () => void): Socket {
  const where = { port, host: '127.0.0.1' }
  if (authority === undefined) return connect({ ...where, noDelay: true }, ready)
  const socket = connectTls({ ...where, ca: authority, servername: 'api.example' }, ready)
  socket.setNoDelay(true)
  return socket
}

function openEcho(order: RunOrder, tally: Tally): { close(): void } {
  return openEchoCaller(order.port, {
    onEcho(millis) {
      times.add(millis)
      tally.requests++
    },
    onFailure(why) {
      if (!tally.isOver) tally.fail(why)
    },
  })
}

function monotonicMicros(): number {
  return Number(process.hrtime.bigint() / 1000n)
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await run(JSON.parse(line) as RunOrder)))
}
