import { LightSignal } from '@portcullis/kernel/signal'
import type { Decision } from '@portcullis/model/decision/decision'
import { catalog } from '@portcullis/policies/catalog'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import { openMemoryGenerations } from '@portcullis/ports/generations/memory'
import { collectingLog } from '@portcullis/ports/log/memory'
import { describe, expect, test } from 'vitest'
import { gatewayFaults } from './fault.ts'
import type { OutgoingRequest } from './forwarder/forwarder.ts'
import { openPipeline } from './pipeline.ts'
import { shopRevision, testClock, testPorts } from './test-kit/front.ts'
import { attach } from './test-kit/policy.ts'

/** A pipeline with the real policies before a backend that says what it is told. */
function open(attachments: ReturnType<typeof attach>[]) {
  const decisions: Decision[] = []
  const asked: OutgoingRequest[] = []
  const backend = {
    status: 200,
    fails: false,
    cacheControl: 'max-age=60, stale-if-error=60',
    etag: '',
    body: undefined as AsyncGenerator<Uint8Array> | undefined,
  }
  const log = collectingLog()
  const pipeline = openPipeline({
    catalog,
    ports: { ...testPorts, generations: openMemoryGenerations() },
    forwarder: {
      async forward(request) {
        asked.push(request)
        if (backend.fails) throw gatewayFaults['upstream-unreachable']()
        const headers = HeaderList.of({ 'Cache-Control': backend.cacheControl, Server: 'backend' })
        if (backend.etag !== '') headers.set('ETag', backend.etag)
        return { status: backend.status, headers, body: backend.body ?? Buffer.from(`reply ${asked.length}`) }
      },
    },
    record: (decision) => decisions.push(decision),
    clock: testClock,
    log,
  })
  pipeline.swap([shopRevision('http://127.0.0.1:1', { policies: attachments })])
  async function call(method = 'GET', target = '/shop/v1/things', fields: Record<string, string> = {}) {
    const headers = HeaderList.of({ Host: 'shop.example', ...fields })
    const reply = await pipeline.handle({
      method,
      target,
      headers,
      remoteAddress: '192.0.2.1',
      signal: new LightSignal(),
    })
    if ('switchTo' in reply) throw new TypeError('nobody asked for another protocol')
    return {
      status: reply.status,
      headers: reply.headers,
      text: Buffer.from((reply.body ?? []) as Uint8Array).toString(),
    }
  }
  return { call, asked, decisions, backend, log }
}

describe('kept replies', () => {
  test('pass the steps of every caller, as if the backend had just sent them', async () => {
    const { call, asked, decisions } = open([
      attach('cache'),
      attach('headers', { reply: { remove: ['Server'], set: { 'X-Call': '{decision}' } } }),
    ])
    const [first, second] = [await call(), await call()]
    expect(asked).toHaveLength(1)
    expect([first.text, second.text]).toEqual(['reply 1', 'reply 1'])
    expect(second.headers.has('server')).toBe(false)
    expect(second.headers.all('x-call')).toEqual([decisions[1]?.id])
    expect(second.headers.all('portcullis-decision')).toEqual([decisions[1]?.id])
    expect(decisions.map(({ outcome }) => outcome)).toEqual(['allowed', 'answered'])
  })

  test('are given to nobody whom a step refuses', async () => {
    const { call } = open([
      attach('cache'),
      attach('ip-filter', { deny: ['192.0.2.0/24'] }, { mode: 'enforce' }),
    ])
    expect((await call()).status).toBe(403)
    expect((await call()).status).toBe(403)
  })

  test('are stale once their path was changed, and not those of others', async () => {
    const { call } = open([attach('cache')])
    await call('GET', '/shop/v1/things/1')
    await call('GET', '/shop/v1/things/2')
    await call('PUT', '/shop/v1/things/1')
    expect((await call('GET', '/shop/v1/things/1')).text).toBe('reply 4')
    expect((await call('GET', '/shop/v1/things/2')).text).toBe('reply 2')
  })

  test('do not come of requests whose fields could have turned the backend elsewhere: those never reach it', async () => {
    const { call, asked } = open([attach('cache')])
    await call('GET', '/shop/v1/things', {
      'X-HTTP-Method-Override': 'DELETE',
      'X-Forwarded-Host': 'evil.example',
    })
    expect(asked[0]?.headers.has('x-http-method-override')).toBe(false)
    expect(asked[0]?.headers.all('x-forwarded-host')).toEqual(['shop.example'])
    expect((await call()).text).toBe('reply 1')
  })

  test('stand in for a backend that cannot be reached, and the record says that it could not', async () => {
    const { call, backend, decisions } = open([attach('cache', { obeyCallers: true })])
    await call()
    backend.fails = true
    const saved = await call('GET', '/shop/v1/things', { 'Cache-Control': 'no-cache' })
    expect(saved).toMatchObject({ status: 200, text: 'reply 1' })
    expect(saved.headers.get('content-type')).toBeUndefined()
    expect(saved.headers.get('cache-status')).toContain('fwd=stale; fwd-status=502')
    expect(decisions[1]).toMatchObject({ outcome: 'failed', code: 'gateway.upstream-unreachable' })
  })

  test('are answered with at once while the backend is asked behind, past the steps that are still to come', async () => {
    const { call, asked, decisions, backend } = open([
      attach('cache'),
      attach('headers', { request: { set: { 'X-Step': 'passed' } }, reply: { remove: ['Server'] } }),
    ])
    backend.cacheControl = 'max-age=0, stale-while-revalidate=60'
    backend.etag = '"1"'
    expect((await call()).text).toBe('reply 1')
    expect((await call()).text).toBe('reply 1')
    await expect.poll(async () => (await call()).text).toBe('reply 2')
    expect(asked[1]?.headers.all('x-step')).toEqual(['passed'])
    expect(asked[1]?.headers.all('if-none-match')).toEqual(['"1"'])
    expect(decisions.slice(1).every(({ outcome }) => outcome === 'answered')).toBe(true)
  })

  test('are kept where the backend fails behind, and nobody but the log hears of it', async () => {
    const { call, asked, backend, log } = open([attach('cache')])
    backend.cacheControl = 'max-age=0, stale-while-revalidate=60'
    backend.etag = '"1"'
    await call()
    backend.fails = true
    expect(await call()).toMatchObject({ status: 200, text: 'reply 1' })
    await expect.poll(() => log.lines.filter(({ level }) => level === 'debug').length).toBe(1)
    expect(await call()).toMatchObject({ status: 200, text: 'reply 1' })
    await expect.poll(() => asked.length).toBe(3)
  })

  test('are asked about behind, and what then comes is let go of where it cannot be kept', async () => {
    const { call, backend } = open([attach('cache')])
    backend.cacheControl = 'max-age=0, stale-while-revalidate=60'
    backend.etag = '"1"'
    await call()
    const stopped = Promise.withResolvers<void>()
    backend.cacheControl = 'no-store'
    backend.body = (async function* () {
      try {
        for (;;) yield Buffer.from('on and on')
      } finally {
        stopped.resolve()
      }
    })()
    // Begun, so that giving it up is heard.
    await backend.body.next()
    expect((await call()).text).toBe('reply 1')
    await stopped.promise
  })
})
