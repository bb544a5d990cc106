import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { usageOf } from '../measure/cpu-time.ts'
import type { Caller } from './token-case.ts'
import type { TokenSite } from './token-site.ts'

export interface Driven {
  readonly requests: number
  readonly seconds: number
  readonly cpuMicros: number
}

/** Lets all of them ask at the same time, each again as soon as it is answered, and counts what that costs the server. */
export async function drive(
  site: TokenSite,
  pid: number,
  callers: readonly Caller[],
  times: { readonly warmUpMillis: number; readonly millis: number },
  signal: AbortSignal,
): Promise<Driven> {
  const agent = new Agent({ keepAlive: true, maxSockets: callers.length })
  const ending = new AbortController()
  let requests = 0
  const asking = callers.map(async (caller) => {
    while (!ending.signal.aborted && !signal.aborted) {
      caller.take(await post(site, agent, caller.path, await caller.form()))
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
    agent.destroy()
  }
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
