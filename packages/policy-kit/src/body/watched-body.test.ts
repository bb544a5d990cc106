import { defineFaults } from '@portcullis/kernel/fault'
import { describe, expect, test } from 'vitest'
import { Exchange } from '../exchange.ts'
import type { Body } from '../message/reply.ts'
import type { BodyNeed } from '../policy.ts'
import { type BoundStep, runRequestSteps } from '../step/run-steps.ts'
import { testExchange } from '../test-kit.ts'
import { proceed } from '../verdict.ts'

const faults = defineFaults('watch', { bad: { status: 422, title: 'Bad', remedy: 'Mend it.' } })
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

async function* streamed(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield bytes(part)
}

function exchangeWith(body: Body, headers: Record<string, string> = {}): Exchange {
  const { request, revision } = testExchange({ headers })
  return new Exchange({ id: 'dec_1', request: { ...request, body }, revision, receivedAt: 0 })
}

function watching(watchBody: (chunk: Uint8Array) => void, more: Partial<BoundStep> = {}): BoundStep {
  const body: BodyNeed = { need: 'stream', maxBytes: 8 }
  return {
    policy: 'test',
    origin: '',
    mode: 'enforce',
    failOpen: false,
    reach: { isFor: undefined, when: undefined },
    asksBody: false,
    body,
    bound: { onRequest: () => proceed(undefined, { watchBody }) },
    ...more,
  }
}

async function read(body: Body | undefined): Promise<string> {
  if (body === undefined || body instanceof Uint8Array) return new TextDecoder().decode(body)
  let text = ''
  for await (const chunk of body) text += Buffer.from(chunk).toString()
  return text
}

describe('a watched body', () => {
  test('is shown chunk by chunk before the backend gets it, and sent as it was', async () => {
    const seen: string[] = []
    const x = exchangeWith(streamed('ab', 'cd'))
    expect(
      runRequestSteps([watching((chunk) => seen.push(Buffer.from(chunk).toString()))], x),
    ).toBeUndefined()
    expect(seen).toEqual([])
    expect(await read(x.outgoingBody())).toBe('abcd')
    expect(seen).toEqual(['ab', 'cd'])
  })

  test('is broken off by the fault of a watcher; by one of ours where the watcher fails', async () => {
    const throwing = (thrown: unknown) => {
      const x = exchangeWith(streamed('ab', 'cd'))
      runRequestSteps(
        [
          watching(() => {
            throw thrown
          }),
        ],
        x,
      )
      return read(x.outgoingBody())
    }
    await expect(throwing(faults.bad())).rejects.toMatchObject({ code: 'watch.bad' })
    await expect(throwing(new Error('no'))).rejects.toMatchObject({ code: 'step.failed' })
  })

  test('is refused where it says that it is longer than the cap, and broken off where it is', async () => {
    const declared = exchangeWith(streamed('ab'), { 'content-length': '9' })
    expect(runRequestSteps([watching(() => {})], declared)).toMatchObject({
      fault: { code: 'step.body-too-large' },
    })
    const long = exchangeWith(streamed('abcd', 'efgh', 'i'))
    runRequestSteps([watching(() => {})], long)
    await expect(read(long.outgoingBody())).rejects.toMatchObject({ code: 'step.body-too-large' })
    const whole = exchangeWith(bytes('abcdefghi'))
    runRequestSteps([watching(() => {})], whole)
    expect(() => whole.outgoingBody()).toThrow(expect.objectContaining({ code: 'step.body-too-large' }))
  })

  test('passes unseen where the step is only observed', async () => {
    const x = exchangeWith(streamed('abcdefghi'))
    const never = () => {
      throw faults.bad()
    }
    runRequestSteps([watching(never, { mode: 'observe' })], x)
    expect(await read(x.outgoingBody())).toBe('abcdefghi')
  })
})
