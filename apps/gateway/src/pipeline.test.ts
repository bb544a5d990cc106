import type { Decision } from '@portcullis/model/decision/decision'
import { decision } from '@portcullis/model/decision/decision'
import type { Revision } from '@portcullis/model/revision'
import type { IncomingRequest } from '@portcullis/policy-kit/exchange'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Reply } from '@portcullis/policy-kit/message/reply'
import { manualClock } from '@portcullis/ports/clock/memory'
import { collectingLog } from '@portcullis/ports/log/memory'
import { describe, expect, test } from 'vitest'
import type { OutgoingRequest } from './forwarder/forwarder.ts'
import { openPipeline } from './pipeline.ts'
import { shopOperations, shopRevision, testPorts } from './test-kit/front.ts'
import { attach, testCatalog } from './test-kit/policy.ts'

/** A pipeline without sockets: the backend is a function that says which request reached it. */
function open(...revisions: Revision[]) {
  const sent: OutgoingRequest[] = []
  const decisions: Decision[] = []
  const log = collectingLog()
  const pipeline = openPipeline({
    catalog: testCatalog,
    ports: testPorts,
    forwarder: {
      async forward(request) {
        sent.push(request)
        return { status: 200, headers: HeaderList.of({ 'X-From': 'backend' }), body: Buffer.from('{}') }
      },
    },
    record: (each) => decisions.push(each),
    clock: manualClock(),
    log,
  })
  pipeline.swap(revisions)
  return { pipeline, sent, decisions, log }
}

function get(
  target: string,
  changes: Partial<IncomingRequest> & { fields?: Record<string, string> } = {},
): IncomingRequest {
  const { fields, ...rest } = changes
  return {
    method: 'GET',
    target,
    headers: HeaderList.of({ Host: 'api.example', ...fields }),
    remoteAddress: '192.0.2.1',
    signal: new AbortController().signal,
    ...rest,
  }
}

function problemOf(reply: Reply): Record<string, unknown> {
  return JSON.parse(Buffer.from(reply.body as Uint8Array).toString())
}

const UPSTREAM = 'http://127.0.0.1:1'
const PREFLIGHT = { Origin: 'https://shop.example', 'Access-Control-Request-Method': 'POST' }
const gated = (answer: string, more = {}) =>
  shopRevision(UPSTREAM, { policies: [attach('gate', { answer }, more)] })

describe('routing', () => {
  test('chooses the environment by the host, else the one that answers to any', async () => {
    const exact = shopRevision('http://127.0.0.1:2', { environment: 'sandbox', hosts: ['Sandbox.example'] })
    const { pipeline, sent } = open(shopRevision(UPSTREAM), exact)
    await pipeline.handle(get('/shop/v1/things', { fields: { Host: 'sandbox.EXAMPLE:8443' } }))
    await pipeline.handle(get('/shop/v1/things', { fields: { Host: 'else.example' } }))
    expect(sent.map((each) => each.origin)).toEqual(['http://127.0.0.1:2', UPSTREAM])
  })

  test('refuses a host of no environment with 421', async () => {
    const { pipeline, decisions } = open(shopRevision(UPSTREAM, { hosts: ['api.example'] }))
    const reply = await pipeline.handle(get('/shop/v1/things', { fields: { Host: 'other.example' } }))
    expect(reply.status).toBe(421)
    expect(problemOf(reply)).toMatchObject({ code: 'gateway.unknown-host', decision: decisions[0]?.id })
    expect(decisions[0]).toMatchObject({ organization: 'system', outcome: 'refused' })
  })

  test('answers 503 while nothing is live', async () => {
    const { pipeline } = open()
    expect((await pipeline.handle(get('/shop/v1/things'))).status).toBe(503)
  })

  test('leaves a host with the environment that had it when another claims it', async () => {
    const { pipeline, sent, log } = open(
      shopRevision(UPSTREAM, { environment: 'zeta', hosts: ['api.example'] }),
    )
    const thief = shopRevision('http://127.0.0.1:2', { environment: 'alpha', hosts: ['api.example'] })
    pipeline.swap([thief, shopRevision(UPSTREAM, { environment: 'zeta', hosts: ['api.example'], number: 2 })])
    await pipeline.handle(get('/shop/v1/things'))
    expect(sent[0]?.origin).toBe(UPSTREAM)
    expect(log.lines.filter((line) => line.level === 'error')).toHaveLength(1)
  })

  test.each([
    '/shop/v1/../admin',
    '/shop/v1//things',
    '/shop/v1/things/%2e%2e',
    '/shop/v1/a%2fb',
    '/shop/v1/%00',
  ])('refuses the ambiguous path %s with 400', async (target) => {
    const { pipeline, sent } = open(shopRevision(UPSTREAM))
    const reply = await pipeline.handle(get(target))
    expect(reply.status).toBe(400)
    expect(problemOf(reply)).toMatchObject({ code: 'gateway.malformed-path' })
    expect(sent).toEqual([])
  })

  test('answers 404 where no operation is, and 405 with Allow where only the method is wrong', async () => {
    const { pipeline } = open(shopRevision(UPSTREAM))
    expect((await pipeline.handle(get('/shop/v1/nothing'))).status).toBe(404)
    expect((await pipeline.handle(get('/things'))).status).toBe(404)
    const reply = await pipeline.handle(get('/shop/v1/things', { method: 'OPTIONS' }))
    expect(reply.status).toBe(405)
    expect(reply.headers.get('allow')?.split(', ').toSorted()).toEqual([
      'DELETE',
      'GET',
      'HEAD',
      'PATCH',
      'POST',
      'PUT',
    ])
  })

  test('runs the outer steps also where no operation is', async () => {
    const refusing = open(gated('refuse'))
    expect((await refusing.pipeline.handle(get('/nothing'))).status).toBe(403)
    const passing = open(shopRevision(UPSTREAM, { policies: [attach('browser')] }))
    const reply = await passing.pipeline.handle(get('/nothing'))
    expect(reply.status).toBe(404)
    expect(reply.headers.get('access-control-allow-origin')).toBe('https://shop.example')
  })

  test('strips the base path and appends the rest to the backend’s', async () => {
    const { pipeline, sent } = open(shopRevision('http://127.0.0.1:1/inner/'))
    await pipeline.handle(get('/shop/v1/things/7?x=%2F'))
    expect(sent[0]).toMatchObject({ origin: UPSTREAM, target: '/inner/things/7?x=%2F' })
  })
})

describe('a preflight request', () => {
  const asking = (target: string, method = 'POST') =>
    get(target, { method: 'OPTIONS', fields: { ...PREFLIGHT, 'Access-Control-Request-Method': method } })

  test('is answered by the steps of the operation that it asks about, and never reaches a backend', async () => {
    const things = shopOperations([
      attach('browser'),
      attach('poke', { refuse: 'x' }),
      attach('stamp', { text: 'in' }),
    ])
    const { pipeline, sent, decisions } = open(shopRevision(UPSTREAM, {}, { operations: things }))
    const reply = await pipeline.handle(asking('/shop/v1/things'))
    expect(reply.status).toBe(204)
    expect(reply.headers.get('access-control-allow-origin')).toBe('https://shop.example')
    expect(reply.headers.get('stamp')).toBeUndefined()
    expect(sent).toEqual([])
    expect(decisions[0]).toMatchObject({ outcome: 'answered', operation: { id: 'POST /things' } })
    expect(decisions[0]?.steps.map((step) => step.policy)).toEqual(['browser'])
  })

  test('is refused when no step answers it', async () => {
    const { pipeline, sent } = open(shopRevision(UPSTREAM))
    const reply = await pipeline.handle(asking('/shop/v1/things'))
    expect(reply.status).toBe(403)
    expect(problemOf(reply)).toMatchObject({ code: 'gateway.preflight-refused' })
    expect(sent).toEqual([])
  })

  test('passes the environment’s steps when it asks about an operation that is not there', async () => {
    const { pipeline } = open(shopRevision(UPSTREAM, { policies: [attach('browser')] }))
    expect((await pipeline.handle(asking('/shop/v1/nothing'))).status).toBe(204)
    expect((await open(shopRevision(UPSTREAM)).pipeline.handle(asking('/shop/v1/nothing'))).status).toBe(403)
  })

  test('is an ordinary call where the contract has OPTIONS itself', async () => {
    const operations = [
      { id: 'ask', method: 'OPTIONS' as const, path: '/things', security: [], policies: [] },
    ]
    const { pipeline, sent } = open(shopRevision(UPSTREAM, {}, { operations }))
    await pipeline.handle(asking('/shop/v1/things'))
    expect(sent).toHaveLength(1)
  })
})

describe('the steps', () => {
  test('send the call to the backend when all of them proceed', async () => {
    const { pipeline, sent, decisions } = open(gated('pass'))
    const reply = await pipeline.handle(get('/shop/v1/things'))
    expect(reply.status).toBe(200)
    expect(sent).toHaveLength(1)
    expect(decision.parse(decisions[0])).toMatchObject({
      id: reply.headers.get('portcullis-decision'),
      organization: 'hmart',
      environment: 'production',
      revision: 1,
      method: 'GET',
      operation: { api: 'shop', version: 'v1', id: 'GET /things', path: '/things' },
      outcome: 'allowed',
      status: 200,
      steps: [
        { policy: 'gate', origin: 'environment production', verdict: 'proceed', saw: { gate: 'open' } },
      ],
      upstream: { status: 200 },
    })
  })

  test('answer at once when nothing is asynchronous', () => {
    expect(open(gated('refuse')).pipeline.handle(get('/shop/v1/things'))).not.toBeInstanceOf(Promise)
    expect(open(gated('respond')).pipeline.handle(get('/shop/v1/things'))).not.toBeInstanceOf(Promise)
    expect(open(gated('refuse-later')).pipeline.handle(get('/shop/v1/things'))).toBeInstanceOf(Promise)
  })

  test.each(['refuse', 'refuse-later'])(
    'refuse with a problem, challenges and further fields (%s)',
    async (answer) => {
      const { pipeline, sent, decisions } = open(gated(answer))
      const reply = await pipeline.handle(get('/shop/v1/things'))
      expect(reply.status).toBe(403)
      expect(reply.headers.get('content-type')).toBe('application/problem+json')
      expect(reply.headers.get('www-authenticate')).toBe('Bearer realm="gate"')
      expect(reply.headers.get('retry-after')).toBe('7')
      expect(problemOf(reply)).toMatchObject({
        code: 'gate.shut',
        decision: reply.headers.get('portcullis-decision'),
      })
      expect(decisions[0]).toMatchObject({ outcome: 'refused', code: 'gate.shut', status: 403 })
      expect(sent).toEqual([])
    },
  )

  test('answer in place of the backend', async () => {
    const { pipeline, sent, decisions } = open(gated('respond'))
    const reply = await pipeline.handle(get('/shop/v1/things'))
    expect([reply.status, reply.headers.get('x-from')]).toEqual([200, 'gate'])
    expect(sent).toEqual([])
    expect(decisions[0]).toMatchObject({ outcome: 'answered' })
  })

  test('let the call go on after a delay, and as soon as a promise says so', async () => {
    const { pipeline, sent } = open(gated('delay'))
    const began = performance.now()
    await pipeline.handle(get('/shop/v1/things'))
    expect(performance.now() - began).toBeGreaterThan(35)
    await open(gated('pass-later')).pipeline.handle(get('/shop/v1/things'))
    expect(sent).toHaveLength(1)
  })

  test.each(['throw', 'reject', 'nothing'])(
    'refuse when a policy fails (%s), and tell the caller nothing of why',
    async (answer) => {
      const { pipeline, sent, decisions, log } = open(gated(answer))
      const reply = await pipeline.handle(get('/shop/v1/things'))
      expect(reply.status).toBe(503)
      expect(problemOf(reply)).toMatchObject({ code: 'step.failed' })
      expect(Buffer.from(reply.body as Uint8Array).toString()).not.toContain('secret reason')
      expect(decisions[0]).toMatchObject({ outcome: 'failed', code: 'step.failed' })
      expect(log.lines.map((line) => line.level)).toEqual(['warn'])
      expect(sent).toEqual([])
    },
  )

  test.each(['throw', 'reject'])(
    'let the call pass when a policy fails that may fail open (%s)',
    async (answer) => {
      const { pipeline, sent, decisions } = open(gated(answer, { failOpen: true }))
      expect((await pipeline.handle(get('/shop/v1/things'))).status).toBe(200)
      expect(sent).toHaveLength(1)
      expect(decisions[0]?.steps[0]).toMatchObject({ verdict: 'proceed', saw: { failedOpen: 'step.failed' } })
    },
  )

  test.each([
    ['refuse', 'refuse'],
    ['respond', 'respond'],
    ['throw', 'refuse'],
    ['refuse-later', 'refuse'],
    ['delay', 'delay'],
  ])('only record what an observed policy would have done (%s)', async (answer, verdict) => {
    const { pipeline, sent, decisions } = open(gated(answer, { mode: 'observe' }))
    expect((await pipeline.handle(get('/shop/v1/things'))).status).toBe(200)
    expect(sent).toHaveLength(1)
    expect(decisions[0]).toMatchObject({ outcome: 'allowed', steps: [{ mode: 'observe', verdict }] })
  })

  test('do not run a policy that is off', async () => {
    const { pipeline, decisions } = open(gated('throw', { mode: 'off' }))
    expect((await pipeline.handle(get('/shop/v1/things'))).status).toBe(200)
    expect(decisions[0]?.steps).toEqual([])
  })

  test('change what goes to the backend, and the reply', async () => {
    const policies = [attach('stamp', { text: 'sealed' })]
    const { pipeline, sent } = open(shopRevision(UPSTREAM, { policies }))
    const reply = await pipeline.handle(
      get('/shop/v1/things', { fields: { 'X-Private': '1', Stamp: 'forged' } }),
    )
    expect(sent[0]?.headers.all('stamp')).toEqual(['sealed'])
    expect(sent[0]?.headers.has('x-private')).toBe(false)
    expect(reply.headers.get('stamp')).toBe('sealed')
  })

  test('change neither the request nor the reply when they are only observed', async () => {
    const policies = [attach('stamp', { text: 'sealed' }, { mode: 'observe' })]
    const { pipeline, sent } = open(shopRevision(UPSTREAM, { policies }))
    const reply = await pipeline.handle(get('/shop/v1/things', { fields: { 'X-Private': '1' } }))
    expect([sent[0]?.headers.has('x-private'), reply.headers.has('stamp')]).toEqual([true, false])
  })

  test.each(['refuse', 'respond', 'throw'])(
    'let every reply out through every reply step (%s)',
    async (answer) => {
      const policies = [attach('gate', { answer }), attach('stamp', { text: 'out' })]
      const reply = await open(shopRevision(UPSTREAM, { policies })).pipeline.handle(get('/shop/v1/things'))
      expect(reply.headers.get('stamp')).toBe('out')
    },
  )

  test('replace a reply that a step could not finish, and let the replacement through the others', async () => {
    const policies = [attach('spoil'), attach('stamp', { text: 'out' }), attach('browser')]
    const { pipeline, decisions } = open(shopRevision(UPSTREAM, { policies }))
    const reply = await pipeline.handle(get('/shop/v1/things'))
    expect(reply.status).toBe(503)
    expect(reply.headers.get('x-from')).toBeUndefined()
    expect(reply.headers.get('stamp')).toBe('out')
    expect(reply.headers.get('access-control-allow-origin')).toBe('https://shop.example')
    expect(decisions[0]).toMatchObject({ outcome: 'failed', code: 'step.failed', upstream: { status: 200 } })
  })
})

describe('revisions', () => {
  test.each([
    ['a policy that is not in the catalogue', [attach('unheard-of')]],
    ['a config that the policy does not take', [attach('gate', { answer: 'maybe' })]],
    ['an unknown key of a config', [attach('gate', { answer: 'pass', more: true })]],
    ['failing open where the policy must not', [attach('stamp', { text: 'x' }, { failOpen: true })]],
  ])('are refused for %s, and what was live stays so', async (_, policies) => {
    const { pipeline } = open(shopRevision(UPSTREAM))
    const bad = shopRevision(UPSTREAM, { number: 2, policies })
    await expect(pipeline.load(bad)).rejects.toMatchObject({ code: 'revision.bad-policy' })
    expect(() => pipeline.swap([bad])).toThrow()
    expect(pipeline.live()).toEqual(['hmart/production#1'])
    expect((await pipeline.handle(get('/shop/v1/things'))).status).toBe(200)
  })

  test('are refused for a policy of a product or plan that runs before the subscription is known', () => {
    const plans = [{ product: 'goods', plan: 'gold', policies: [attach('gate', { answer: 'refuse' })] }]
    expect(() => open(shopRevision(UPSTREAM, { plans }))).toThrow(/before it is known to what/)
    const products = [{ product: 'goods', policies: plans.flatMap((each) => each.policies) }]
    expect(() => open(shopRevision(UPSTREAM, { products }))).toThrow(/before it is known to what/)
  })

  test('are swapped at once; a call under way ends under the one it began with', async () => {
    const { pipeline, decisions } = open(gated('pass-later'))
    const under = pipeline.handle(get('/shop/v1/things'))
    pipeline.swap([shopRevision('http://127.0.0.1:2', { number: 2 })])
    await pipeline.handle(get('/shop/v1/things'))
    await under
    expect(decisions.map((each) => each.revision)).toEqual([2, 1])
    expect(pipeline.live()).toEqual(['hmart/production#2'])
  })

  test('no longer answer once they are gone', async () => {
    const { pipeline } = open(
      shopRevision(UPSTREAM, { environment: 'sandbox', hosts: ['sandbox.example'] }),
      shopRevision(UPSTREAM, { hosts: ['api.example'] }),
    )
    pipeline.swap([shopRevision(UPSTREAM, { hosts: ['api.example'] })])
    expect(
      (await pipeline.handle(get('/shop/v1/things', { fields: { Host: 'sandbox.example' } }))).status,
    ).toBe(421)
  })
})
