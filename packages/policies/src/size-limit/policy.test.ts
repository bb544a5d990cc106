import { Exchange } from '@portcullis/policy-kit/exchange'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import { runReplySteps } from '@portcullis/policy-kit/step/run-steps'
import { bindFor, runThrough, testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { describe, expect, it } from 'vitest'
import { sizeLimitContract } from './contract.ts'
import { sizeLimit } from './policy.ts'

const policy = anyPolicy(sizeLimit)

async function* chunks(...lengths: number[]): AsyncGenerator<Uint8Array> {
  for (const length of lengths) yield new Uint8Array(length)
}

/** The same call with a body that streams. */
function withBody(x: Exchange, body: AsyncIterable<Uint8Array>): Exchange {
  const { id, request, revision, receivedAt, match } = x
  return new Exchange({ id, request: { ...request, body }, revision, receivedAt, match })
}

async function read(body: unknown): Promise<number> {
  if (body === undefined) return 0
  if (body instanceof Uint8Array) return body.byteLength
  let bytes = 0
  for await (const chunk of body as AsyncIterable<Uint8Array>) bytes += chunk.byteLength
  return bytes
}

describe('size-limit', () => {
  const long = 'x'.repeat(90)
  it.each<[string, object, { target?: string; headers?: Record<string, string> }, string | undefined]>([
    ['a body that fits', { maxBodyBytes: 10 }, { headers: { 'content-length': '10' } }, undefined],
    [
      'a body of a byte more',
      { maxBodyBytes: 10 },
      { headers: { 'content-length': '11' } },
      'body-too-large',
    ],
    [
      'a body where none is taken',
      { maxBodyBytes: 0 },
      { headers: { 'content-length': '1' } },
      'body-too-large',
    ],
    [
      'an empty body where none is taken',
      { maxBodyBytes: 0 },
      { headers: { 'content-length': '0' } },
      undefined,
    ],
    ['no body where none is taken', { maxBodyBytes: 0 }, {}, undefined],
    ['a target that fits', { maxTargetBytes: 23 }, { target: '/warehouse/v1/items?q=1' }, undefined],
    ['a longer target', { maxTargetBytes: 22 }, { target: '/warehouse/v1/items?q=1' }, 'target-too-long'],
    ['as many fields as may be', { maxFields: 2 }, { headers: { a: '1', b: '2' } }, undefined],
    ['one field more', { maxFields: 2 }, { headers: { a: '1', b: '2', c: '3' } }, 'head-too-large'],
    ['a field that fits', { maxFieldBytes: 91 }, { headers: { a: long, b: long } }, undefined],
    ['a longer field', { maxFieldBytes: 90 }, { headers: { a: long } }, 'head-too-large'],
    ['fields that fit', { maxHeadBytes: 182 }, { headers: { a: long, b: long } }, undefined],
    [
      'fields that together do not',
      { maxHeadBytes: 181 },
      { headers: { a: long, b: long } },
      'head-too-large',
    ],
    [
      'what the gateway itself added',
      { maxFields: 1, maxHeadBytes: 2 },
      { headers: { a: '1', 'X-Forwarded-For': long, Forwarded: long } },
      undefined,
    ],
  ])('judges %s', async (_, config, request, refused) => {
    const { ending } = await tryPolicy(policy, { config: config as never }, testExchange(request))
    if (refused === undefined) expect(ending).toBeUndefined()
    else expect(ending).toMatchObject({ fault: { code: `size-limit.${refused}` } })
  })

  it.each([
    [[10], true],
    [[5, 5], true],
    [[5, 6], false],
    [[11], false],
  ])('counts a body of unknown length while it streams: %j', async (lengths, fits) => {
    const x = withBody(testExchange(), chunks(...lengths))
    expect((await tryPolicy(policy, { config: { maxBodyBytes: 10 } }, x)).ending).toBeUndefined()
    const reading = read(x.outgoingBody())
    if (fits) expect(await reading).toBe(10)
    else await expect(reading).rejects.toMatchObject({ code: 'size-limit.body-too-large', status: 413 })
  })

  it('does not count where it only observes', async () => {
    const x = withBody(testExchange(), chunks(11))
    await tryPolicy(policy, { mode: 'observe', config: { maxBodyBytes: 10 } }, x)
    expect(await read(x.outgoingBody())).toBe(11)
  })

  it('replaces a reply that announces too much, and breaks off one that turns out to be too large', async () => {
    const x = testExchange()
    const steps = bindFor(policy, { config: { maxReplyBytes: 10 } }, x)
    await runThrough(steps, x)
    const reply = (length: number, body: Uint8Array | AsyncIterable<Uint8Array>) =>
      runReplySteps(steps, x, {
        status: 200,
        headers: HeaderList.of({ 'Content-Length': `${length}` }),
        body,
      })
    expect(reply(10, new Uint8Array(10)).status).toBe(200)
    expect(reply(11, chunks(11)).status).toBe(502)
    expect(await read(reply(0, chunks(5, 5)).body)).toBe(10)
    await expect(read(reply(0, chunks(5, 6)).body)).rejects.toMatchObject({
      code: 'size-limit.reply-too-large',
    })
  })

  it('leaves a stream of events as it came: what keeps watch over its token must know it', async () => {
    const x = testExchange()
    const steps = bindFor(policy, { config: { maxReplyBytes: 10 } }, x)
    const body = chunks(20)
    const headers = HeaderList.of({ 'Content-Type': 'Text/Event-Stream; charset=utf-8' })
    expect(runReplySteps(steps, x, { status: 200, headers, body }).body).toBe(body)
  })

  it.each([{}, { maxBodyBytes: -1 }, { maxFields: 0 }, { maxBodyBytes: 1.5 }, { maxBytes: 5 }])(
    'is not published with %j',
    (config) => {
      expect(sizeLimitContract.config.safeParse(config).success).toBe(false)
    },
  )
})
