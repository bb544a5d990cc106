import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { freePort } from '@portcullis/kernel/fixture/free-port'
import { upstreamDeclaration } from '@portcullis/model/resource/upstream'
import { type Front, openFront, shopRevision } from '../test-kit/front.ts'
import { call } from '../test-kit/place.ts'

/** A real backend that can die, come back at the same address, and change its ways. */
export interface TestTarget {
  readonly url: string
  /** Host and port. */
  readonly name: string
  /** Calls that reached it, health checks aside. */
  calls: number
  checks: number
  answer: RequestListener
  stop(): Promise<void>
  start(): Promise<void>
}

async function openTarget(answer: RequestListener = sayOk): Promise<TestTarget> {
  let server = createServer()
  const port = await freePort()
  const target: TestTarget = {
    get url() {
      return `http://127.0.0.1:${port}`
    },
    get name() {
      return `127.0.0.1:${port}`
    },
    calls: 0,
    checks: 0,
    answer,
    async stop() {
      server.close()
      server.closeAllConnections()
    },
    async start() {
      server = createServer((request, response) => {
        if (request.url === '/health') target.checks++
        else target.calls++
        target.answer(request, response)
      })
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
  }
  await target.start()
  return target
}

export function sayOk(request: IncomingMessage, response: ServerResponse): void {
  request.resume()
  request.on('end', () => response.end('ok'))
}

export function say(status: number): RequestListener {
  return (request, response) => {
    request.resume()
    response.writeHead(status).end()
  }
}

export function never(request: IncomingMessage): void {
  request.resume()
}

/** Several backends and a gateway in front of them. */
export interface Site extends AsyncDisposable {
  readonly front: Front
  readonly targets: readonly TestTarget[]
  /** Statuses of so many calls, one after the other. */
  get(times?: number, method?: string): Promise<number[]>
  /** Puts another declaration in force. */
  declare(declared: unknown): void
}

/** `declare` gets the targets' URLs. */
export async function openSite(count: number, declare: (urls: readonly string[]) => unknown): Promise<Site> {
  const targets = await Promise.all(Array.from({ length: count }, () => openTarget()))
  let number = 1
  const revision = (declared: unknown) =>
    shopRevision(upstreamDeclaration.parse(declared), { number: number++ })
  const front = await openFront([revision(declare(targets.map(({ url }) => url)))])
  return {
    front,
    targets,
    async get(times = 1, method = 'GET') {
      const statuses: number[] = []
      for (let i = 0; i < times; i++) {
        statuses.push((await call(front, '/shop/v1/things', { method })).status)
      }
      return statuses
    },
    declare: (declared) => front.pipeline.swap([revision(declared)]),
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]()
      await Promise.all(targets.map((each) => each.stop()))
    },
  }
}

/** The targets with the same weight. */
export function plainly(urls: readonly string[]): { url: string }[] {
  return urls.map((url) => ({ url }))
}

export function targetOf(site: Site, index: number): TestTarget {
  const target = site.targets[index]
  if (target === undefined) throw new RangeError(`there is no target ${index}`)
  return target
}
