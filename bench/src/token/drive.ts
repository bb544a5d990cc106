import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { usageOf } from '../measure/cpu-time.ts'
import type { Caller } from './token-case.ts'
import type { Supply, TokenSite } from './token-site.ts'

export interface Driven {
  readonly requests: number
  readonly seconds: number
  readonly cpuMicros: number
}

/** Of what a case uses up this much is made at a time: less than the store of bare oidc-provider keeps. */
const STOCK = 120

/** Who is asked, and how it is told to make what is used up. */
export interface Asked {
  readonly site: TokenSite
  readonly pid: number
  supply(what: Supply, count: number): Promise<string[]>
}

/** Lets all of them ask at the same time, each again as soon as it is answered, and counts what that costs the server. */
export async function drive(
  asked: Asked,
  callers: readonly Caller[],
  uses: Supply | undefined,
  times: { readonly warmUpMillis: number; readonly millis: number },
  signal: AbortSignal,
): Promise<Driven> {
  const agent = new Agent({ keepAlive: true, maxSockets: callers.length })
  const awake = stayAwake()
  try {
    if (uses === undefined) return await driveOn(asked, agent, callers, times, signal)
    await useUp(asked, agent, callers, uses, times.warmUpMillis, signal)
    return await useUp(asked, agent, callers, uses, times.millis, signal)
  } finally {
    agent.destroy()
    awake.abort()
  }
}

/**
 * Whoever writes to a process that sleeps pays for waking it, so that a slower server would pay more for each of its answers: callers
 * do not sleep.
 */
function stayAwake(): AbortController {
  const ending = new AbortController()
  const turn = (): void => {
    if (!ending.signal.aborted) setImmediate(turn)
  }
  turn()
  return ending
}

/** Without a pause, from before it is counted until after it. */
async function driveOn(
  { site, pid }: Asked,
  agent: Agent,
  callers: readonly Caller[],
  times: { readonly warmUpMillis: number; readonly millis: number },
  signal: AbortSignal,
): Promise<Driven> {
  const ending = new AbortController()
  let requests = 0
  const asking = callers.map(async (caller) => {
    while (!ending.signal.aborted && !signal.aborted) {
      caller.take(await post(site, agent, caller.path, await caller.form('')))
      requests++
    }
  })
  const failed = Promise.all(asking)
  try {
    await Promise.race([failed, wait(times.warmUpMillis)])
    const [fromRequests, from, began] = [requests, usageOf(pid), performance.now()]
    await Promise.race([failed, wait(times.millis)])
    const [to, ended] = [usageOf(pid), performance.now()]
    return {
      requests: requests - fromRequests,
      seconds: (ended - began) / 1000,
      cpuMicros: to.cpuMicros - from.cpuMicros,
    }
  } finally {
    ending.abort()
    await failed.catch(() => undefined)
  }
}

/** Stock after stock for so long; only using it up is counted, not making it. */
async function useUp(
  { site, pid, supply }: Asked,
  agent: Agent,
  callers: readonly Caller[],
  uses: Supply,
  millis: number,
  signal: AbortSignal,
): Promise<Driven> {
  const end = performance.now() + millis
  let [requests, seconds, cpuMicros] = [0, 0, 0]
  while (performance.now() < end && !signal.aborted) {
    const stock = await supply(uses, STOCK)
    const [from, began] = [usageOf(pid), performance.now()]
    await Promise.all(
      callers.map(async (caller) => {
        for (let one = stock.pop(); one !== undefined; one = stock.pop()) {
          caller.take(await post(site, agent, caller.path, await caller.form(one)))
        }
      }),
    )
    requests += STOCK
    seconds += (performance.now() - began) / 1000
    cpuMicros += usageOf(pid).cpuMicros - from.cpuMicros
  }
  return { requests, seconds, cpuMicros }
}

const wait = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))

async function post(
  { port, client }: TokenSite,
  agent: Agent,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, unknown>>> {
  const asked = request({
    host: '127.0.0.1',
    port,
    path,
    agent,
    method: 'POST',
    auth: `${client.id}:${client.secret}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  asked.end(new URLSearchParams(form).toString())
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  const body = await text(answer)
  if (answer.statusCode !== 200)
    throw new Error(`${path} answered ${answer.statusCode}: ${body.slice(0, 300)}`)
  return JSON.parse(body) as Readonly<Record<string, unknown>>
}
