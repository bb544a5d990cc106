import { setImmediate as turn } from 'node:timers/promises'
import { StreamedBody } from '@portcullis/http1/body/streamed-body'
import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import { LightSignal } from '@portcullis/kernel/signal'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import { proceed } from '@portcullis/policy-kit/verdict'
import { manualClock } from '@portcullis/ports/clock/memory'
import { collectingLog } from '@portcullis/ports/log/memory'
import { describe, expect, test } from 'vitest'
import type { ForwardedReply } from './forwarder/forwarder.ts'
import { openPipeline } from './pipeline.ts'
import { shopRevision, testPorts } from './test-kit/front.ts'
import { attach, testCatalog } from './test-kit/policy.ts'

/** A pipeline with a step that holds something for the length of every call. */
function open(forward: () => Promise<ForwardedReply>, ...more: Parameters<typeof attach>[]) {
  let held = 0
  const keep = anyPolicy({
    contract: {
      id: 'keep',
      summary: 'Holds something for the length of every call.',
      phase: 'limit',
      stacking: 'every',
      config: z.strictObject({}),
      faults: defineFaults('keep', {}),
      body: { need: 'none' },
      mayFailOpen: false,
    },
    needs: [],
    bind: () => ({
      onRequest(x) {
        held++
        x.whenOver(() => held--)
        return proceed()
      },
    }),
  })
  const pipeline = openPipeline({
    catalog: [keep, ...testCatalog],
    ports: testPorts,
    forwarder: { forward },
    record: () => undefined,
    clock: manualClock(),
    log: collectingLog(),
  })
  const policies = [attach('keep', {}), ...more.map((each) => attach(...each))]
  pipeline.swap([shopRevision('http://127.0.0.1:1', { policies })])
  const signal = new LightSignal()
  const call = (method = 'GET') =>
    pipeline.handle({
      method,
      target: '/shop/v1/things',
      headers: HeaderList.of({ Host: 'api.example' }),
      remoteAddress: '192.0.2.1',
      signal,
    })
  return { call, signal, held: () => held }
}

function streamed(): StreamedBody {
  return new StreamedBody({ pause: () => undefined, resume: () => undefined, abandon: () => undefined })
}

const reply = (body: ForwardedReply['body']): ForwardedReply => ({
  status: 200,
  headers: new HeaderList(),
  body,
})

describe('a call is over', () => {
  test('at once where the whole reply is here', async () => {
    const { call, held } = open(async () => reply(Buffer.from('{}')))
    await call()
    expect(held()).toBe(0)
  })

  test('when a body of ours has ended, and not before', async () => {
    const body = streamed()
    const { call, held } = open(async () => reply(body))
    await call()
    expect(held()).toBe(1)
    body.end()
    expect(held()).toBe(0)
  })

  test('when any other body has been read to its end, or was given up', async () => {
    async function* two() {
      yield Buffer.from('a')
      yield Buffer.from('b')
    }
    const { call, held } = open(async () => reply(two()))
    const whole = await call()
    for await (const _ of whole.body as AsyncIterable<Uint8Array>) expect(held()).toBe(1)
    expect(held()).toBe(0)
    const givenUp = await call()
    for await (const _ of givenUp.body as AsyncIterable<Uint8Array>) break
    expect(held()).toBe(0)
  })

  test('when the backend breaks its reply off', async () => {
    const body = streamed()
    const { call, held } = open(async () => reply(body))
    await call()
    body.fail(new Error('broken off'))
    expect(held()).toBe(0)
  })

  test('when the caller leaves while the reply goes on, also where nobody came to read it', async () => {
    const { call, signal, held } = open(async () => reply(streamed()))
    await call()
    signal.abort()
    expect(held()).toBe(0)
  })

  test('when the backend fails, and when the caller leaves before it answers', async () => {
    const failing = open(() => Promise.reject(new Error('no backend')))
    expect((await failing.call()).status).toBe(503)
    expect(failing.held()).toBe(0)

    const never = Promise.withResolvers<ForwardedReply>()
    const leaving = open(() => never.promise)
    const answer = leaving.call()
    await turn()
    expect(leaving.held()).toBe(1)
    leaving.signal.abort()
    never.reject(new Error('given up'))
    await answer
    expect(leaving.held()).toBe(0)
  })

  test('where the reply has no body, whatever the backend began to send', async () => {
    const { call, held } = open(async () => ({ ...reply(streamed()), status: 204 }))
    await call()
    expect(held()).toBe(0)
  })
})
