import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Fault } from '@portcullis/kernel/fault'
import type { Fetch } from '@portcullis/kernel/fetch'
import { FindingsFault } from '@portcullis/model/finding/findings-fault'
import { openHttp1Fetch } from '@portcullis/web/http1-fetch'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ApiClient, openApiClient } from './client.ts'

let server: Server | undefined
let fetchBy: Fetch

const own = openHttp1Fetch()
afterAll(() => own.close())

async function serve(answer: RequestListener): Promise<string> {
  server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
  server = undefined
})

async function clientOf(answer: RequestListener, timeoutMillis = 5000): Promise<ApiClient> {
  return openApiClient({
    url: await serve(answer),
    token: async () => 'a-token',
    timeoutMillis,
    fetch: fetchBy,
  })
}

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  const thrown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(thrown instanceof Fault)) throw new Error(`expected a fault, got ${String(thrown)}`)
  return thrown
}

const problem = {
  type: 'urn:portcullis:fault:bundle.invalid',
  title: 'The declarations have errors; nothing was changed',
  status: 422,
  detail: 'There is one error.',
  code: 'bundle.invalid',
  remedy: 'Mend what is listed and apply again.',
}

describe.each([
  ['the runtime', fetch],
  ['our own HTTP client', own.fetch],
])('the client of the management API, by %s', (_name, by: Fetch) => {
  beforeEach(() => {
    fetchBy = by
  })

  it('sends the token, the parameters and the body to where the route is', async () => {
    const seen: { request: IncomingMessage; body: string }[] = []
    const client = await clientOf((request, response) => {
      let body = ''
      request.on('data', (chunk) => {
        body += chunk
      })
      request.on('end', () => {
        seen.push({ request, body })
        response.end(JSON.stringify({ changes: [], revisions: [], warnings: [] }))
      })
    })
    await client.putResource({
      params: { organization: 'hmart', kind: 'Plan', name: 'gold' },
      body: { spec: { title: 'Gold' } },
    })
    expect(seen[0]?.request.method).toBe('PUT')
    expect(seen[0]?.request.url).toBe('/v1/organizations/hmart/resources/Plan/gold')
    expect(seen[0]?.request.headers.authorization).toBe('Bearer a-token')
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ spec: { title: 'Gold' } })
  })

  it('encodes what it puts into a path or a query', async () => {
    const urls: (string | undefined)[] = []
    const client = await clientOf((request, response) => {
      urls.push(request.url)
      response.writeHead(500).end()
    })
    await faultOf(client.explainDecision({ params: { organization: 'hmart', id: 'a/../b?c' } }))
    await faultOf(
      client.planOperation({
        params: { organization: 'hmart', environment: 'production' },
        query: { method: 'GET', path: '/items?a=b&c' },
      }),
    )
    expect(urls).toEqual([
      '/v1/organizations/hmart/decisions/a%2F..%2Fb%3Fc',
      '/v1/organizations/hmart/environments/production/plan?method=GET&path=%2Fitems%3Fa%3Db%26c',
    ])
  })

  it('turns a problem into the fault that the server told of, with its findings', async () => {
    const findings = [{ severity: 'error', code: 'model.unknown-policy', message: 'm', remedy: 'r', line: 3 }]
    const client = await clientOf((_, response) =>
      response.writeHead(422).end(JSON.stringify({ ...problem, findings })),
    )
    const fault = await faultOf(client.applyBundle({ body: { files: {} } }))
    expect(fault).toBeInstanceOf(FindingsFault)
    expect(fault).toMatchObject({
      code: 'bundle.invalid',
      status: 422,
      remedy: problem.remedy,
      detail: problem.detail,
      findings,
    })
  })

  it('takes no answer for a success whose shape it does not know', async () => {
    const client = await clientOf((_, response) => response.end('{"findings": "none"}'))
    expect((await faultOf(client.validateBundle({ body: { files: {} } }))).code).toBe('api.unexpected-answer')
  })

  it('tells nothing of a refusal that is no problem document', async () => {
    const client = await clientOf((_, response) => response.writeHead(502).end('<html>stack</html>'))
    const fault = await faultOf(client.listEnvironments())
    expect(fault.code).toBe('api.unexpected-answer')
    expect(fault.detail).not.toContain('stack')
  })

  it('does not carry the token to where a redirect points', async () => {
    const visited: (string | undefined)[] = []
    const client = await clientOf((request, response) => {
      visited.push(request.url)
      response.writeHead(307, { location: '/elsewhere' }).end()
    })
    expect((await faultOf(client.listEnvironments())).code).toBe('api.unreachable')
    expect(visited).toEqual(['/v1/gateway/environments'])
  })

  it('gives up on a server that does not answer in time', async () => {
    const client = await clientOf(() => {}, 50)
    expect((await faultOf(client.listEnvironments())).code).toBe('api.timed-out')
  })

  it('says when nothing listens there', async () => {
    const url = await serve(() => {})
    server?.close()
    const client = openApiClient({ url, token: async () => 'a-token', fetch: fetchBy })
    expect(await faultOf(client.listEnvironments())).toMatchObject({ code: 'api.unreachable', status: 503 })
  })

  it('refuses an answer without end', async () => {
    const client = await clientOf((_, response) => {
      const chunk = Buffer.alloc(1024 * 1024, 'a')
      const write = (): void => {
        while (response.write(chunk)) if (response.destroyed) return
      }
      response.on('drain', write)
      write()
    }, 20_000)
    expect((await faultOf(client.listEnvironments())).detail).toContain('larger than')
  })

  it('asks for a revision with the one that it knows, and tells that there is none newer', async () => {
    const client = await clientOf((request, response) => {
      if (request.headers['if-none-match'] === '"3"') response.writeHead(304).end()
      else response.end(JSON.stringify({ number: 3, jws: 'a.b.c' }))
    })
    const params = { organization: 'hmart', environment: 'production' }
    expect(await client.fetchRevision(params)).toEqual({ number: 3, jws: 'a.b.c' })
    expect(await client.fetchRevision(params, 3)).toBeUndefined()
  })

  it('reads revisions and revocations from a stream, however it is cut, and passes over everything else', async () => {
    const client = await clientOf(async (_, response) => {
      const notice = '{"organization":"hmart","environment":"production","number":'
      const text = `: listening\n\nevent: other\ndata: ${notice}9}\n\nevent: revision\r\ndata: ${notice}1}\r\n\r\nevent: revision\ndata: nonsense\n\nevent: revision\ndata: ${notice}2}\n\nevent: revocation\ndata: {"position":7}\n\nevent: revocation\ndata: 7\n\n`
      for (const character of text) response.write(character)
      response.end()
    })
    const numbers: number[] = []
    let opened = 0
    const signal = new AbortController().signal
    const positions: number[] = []
    for await (const notice of client.watchChanges({ signal, onOpen: () => opened++ })) {
      if (notice.event === 'revision') numbers.push(notice.number)
      else positions.push(notice.position)
    }
    expect(numbers).toEqual([1, 2])
    expect(positions).toEqual([7])
    expect(opened).toBe(1)
  })

  it('stops watching quietly when it is told to, and loudly when it may not watch', async () => {
    const client = await clientOf((_, response) => response.writeHead(200).write(': listening\n\n'))
    const stop = new AbortController()
    for await (const _ of client.watchChanges({ signal: stop.signal, onOpen: () => stop.abort() })) {
      throw new Error('there was nothing to tell')
    }
    server?.close()
    const refused = await clientOf((_, response) =>
      response.writeHead(403).end(JSON.stringify({ ...problem, status: 403 })),
    )
    const watching = refused.watchChanges({ signal: new AbortController().signal })[Symbol.asyncIterator]()
    expect((await faultOf(watching.next())).status).toBe(403)
  })
})
