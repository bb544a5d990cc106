import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { askForToken } from '../src/caller.ts'
import { apiDeclaration, contractText, offerText } from '../src/declaration.ts'
import { type System, startSystem } from '../src/system.ts'

const SECRET = 'known to the decision point'

interface Asked {
  readonly path: string
  readonly authorization: string | undefined
  readonly body: unknown
}

/**
 * A stand-in for both, as their documentation has it: OPA's Data API (`POST /v1/data/<rule>` with `input`, answered by
 * `result`) and the evaluation endpoint of AuthZEN 1.0 (`decision`).
 */
class DecisionPoint {
  readonly asked: Asked[] = []
  opa: unknown
  authzen: unknown
  readonly #server: Server

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  async open(port = 0): Promise<string> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url: path = '', headers } = request
    this.asked.push({ path, authorization: headers.authorization, body: await json(request) })
    const answer = path === '/v1/data/things/decision' ? { result: this.opa } : this.authzen
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answer))
  }
}

describe('a call about which others decide', () => {
  const decisionPoint = new DecisionPoint()
  let backend: Server
  let passedOn: (string | undefined)[]
  let system: System
  let token: string

  beforeAll(async () => {
    backend = createServer((request, response) => {
      passedOn.push(String(request.headers['x-row-filter']))
      response.end('[]')
    }).listen(0, '127.0.0.1')
    await once(backend, 'listening')
    const url = await decisionPoint.open()
    const upstream = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`
    // The vault gives what operators put into the environment.
    process.env.PORTCULLIS_SECRET_PDP = SECRET
    system = await startSystem()
    const policies = `      policies:
        - policy: decision-point
          config: { url: '${url}/v1/data/things/decision', dialect: opa, timeout: 5s }
        - policy: decision-point
          config:
            url: '${url}/access/v1/evaluation'
            dialect: authzen
            timeout: 5s
            credentials: { secret: pdp }
            questions: [{ action: can_see, resource: { type: shelf, id: /path } }]
`
    const declared = apiDeclaration('things', upstream) + policies + offerText('see_things')
    await system.running.controlPlane?.apply(
      { 'things.yaml': declared, 'things.openapi.yaml': contractText() },
      { actor: 'test' },
    )
    const asked = { scope: 'see_things', resource: `${system.running.addresses.gateway}/things/v1` }
    await vi.waitFor(async () => expect((await call('none')).status).toBe(401), 30_000)
    token = String((await askForToken(system, asked)).body.access_token)
  })
  beforeEach(() => {
    passedOn = []
    decisionPoint.asked.length = 0
    decisionPoint.opa = { allow: true }
    decisionPoint.authzen = { decision: true }
  })
  afterAll(async () => {
    delete process.env.PORTCULLIS_SECRET_PDP
    await system?.[Symbol.asyncDispose]()
    await decisionPoint.close()
    backend?.close()
  })

  async function call(bearer = token): Promise<{ status: number; code: unknown }> {
    const response = await fetch(`${system.running.addresses.gateway}/things/v1/things`, {
      headers: bearer === 'none' ? {} : { authorization: `Bearer ${bearer}` },
    })
    const body = (await response.json()) as { code?: unknown }
    return { status: response.status, code: body.code }
  }

  test('passes when both agree, who learn of it no more than they are to, and with what they demand', async () => {
    const filter = { id: 'request-headers', attributes: { 'X-Row-Filter': 'region=north' } }
    decisionPoint.opa = { allow: true, obligations: [filter] }
    expect((await call()).status).toBe(200)
    expect(passedOn).toEqual(['region=north'])
    const [opa, authzen] = decisionPoint.asked
    expect(opa).toMatchObject({
      path: '/v1/data/things/decision',
      body: { input: { subject: { type: 'App', id: 'stock-viewer' }, action: { name: 'listThings' } } },
    })
    expect(authzen).toMatchObject({
      path: '/access/v1/evaluation',
      authorization: `Bearer ${SECRET}`,
      body: { action: { name: 'can_see' }, resource: { type: 'shelf', id: '/things/v1/things' } },
    })
    expect(JSON.stringify(decisionPoint.asked)).not.toContain(token)
  })

  test.each([
    ['the first says no', { allow: false }, { decision: true }, 403, 'decision-point.denied'],
    ['the second says no', { allow: true }, { decision: false }, 403, 'decision-point.denied'],
    ['no rule is there', undefined, { decision: true }, 403, 'decision-point.undecided'],
    ['what is said means nothing', { allow: 'yes' }, { decision: true }, 502, 'decision-point.bad-answer'],
    [
      'a yes has a condition that nobody knows',
      { allow: true, obligations: [{ id: 'call-the-boss', attributes: {} }] },
      { decision: true },
      403,
      'decision-point.unknown-obligation',
    ],
  ])('is refused when %s', async (_, opa, authzen, status, code) => {
    decisionPoint.opa = opa
    decisionPoint.authzen = authzen
    expect(await call()).toEqual({ status, code })
    expect(passedOn).toEqual([])
  })

  test('is refused while they are away', async () => {
    await decisionPoint.close()
    expect(await call()).toEqual({ status: 503, code: 'decision-point.unavailable' })
    expect(passedOn).toEqual([])
  })
})
