import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import { describe, expect, test } from 'vitest'
import { conditionOf } from '../condition-test-kit.ts'
import { Exchange } from '../exchange.ts'
import { HeaderList } from '../message/header-list.ts'
import type { Body } from '../message/reply.ts'
import { anyPolicy, type BodyNeed, type BoundPolicy, type Ports } from '../policy.ts'
import { testExchange, testRevision } from '../test-kit.ts'
import { proceed, refuse, respond } from '../verdict.ts'
import { bindReach } from './reach.ts'
import { type BoundStep, bindStep, runReplySteps, runRequestSteps } from './run-steps.ts'

const faults = defineFaults('gate', { shut: { status: 403, title: 'Shut', remedy: 'Wait.' } })

function step(bound: BoundPolicy, more: Partial<BoundStep> = {}): BoundStep {
  return {
    policy: 'test',
    origin: 'environment production',
    mode: 'enforce',
    failOpen: false,
    reach: { isFor: undefined, when: undefined },
    asksBody: false,
    body: { need: 'none' },
    bound,
    ...more,
  }
}

const shut = step({ onRequest: () => refuse(faults.shut()) })
const pass = step({ onRequest: () => proceed() })
const never = step({
  onRequest() {
    throw new Error('must not run')
  },
})

describe('request steps', () => {
  test('end with the first that refuses or responds', async () => {
    const x = testExchange()
    expect(runRequestSteps([pass, shut, never], x)).toMatchObject({ verdict: 'refuse' })
    expect(x.trace.map((each) => each.verdict)).toEqual(['proceed', 'refuse'])
    const answer = step({ onRequest: () => respond({ status: 204, headers: new HeaderList() }) })
    expect(await runRequestSteps([answer, never], testExchange())).toMatchObject({ verdict: 'respond' })
  })

  test('go on at once where nothing is awaited, and otherwise in the same order', async () => {
    expect(runRequestSteps([pass, pass], testExchange())).toBeUndefined()
    const order: number[] = []
    const numbered = (n: number, later: boolean) =>
      step({
        onRequest() {
          order.push(n)
          return later ? Promise.resolve(proceed()) : proceed()
        },
      })
    const ending = runRequestSteps(
      [numbered(1, false), numbered(2, true), numbered(3, false), numbered(4, true), shut],
      testExchange(),
    )
    expect(ending).toBeInstanceOf(Promise)
    expect(await ending).toMatchObject({ verdict: 'refuse' })
    expect(order).toEqual([1, 2, 3, 4])
  })

  test('change the exchange only when they are enforced', () => {
    const setting = step({ onRequest: () => proceed(undefined, { setHeaders: ['A', '1'] }) })
    const x = testExchange()
    runRequestSteps(
      [
        { ...setting, mode: 'observe' },
        { ...setting, mode: 'off' },
      ],
      x,
    )
    expect(x.setHeaders).toEqual([])
    runRequestSteps([setting], x)
    expect(x.setHeaders).toEqual(['A', '1'])
  })

  test('record what an observed step would have done, and nothing of one that is off', () => {
    const x = testExchange()
    expect(
      runRequestSteps(
        [
          { ...shut, mode: 'observe' },
          { ...shut, mode: 'off' },
        ],
        x,
      ),
    ).toBeUndefined()
    expect(x.trace).toMatchObject([{ mode: 'observe', verdict: 'refuse', code: 'gate.shut' }])
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('x')
      },
    ],
    ['rejects', () => Promise.reject(new Error('x'))],
    ['gives no verdict', () => undefined],
    ['gives a verdict that does not exist', () => ({ verdict: 'deny' })],
    ['promises a verdict that does not exist', () => Promise.resolve({ verdict: 'deny' })],
  ])('refuse when one %s, and pass only where failing open was chosen', async (_, onRequest) => {
    const broken = step({ onRequest } as unknown as BoundPolicy)
    expect(await runRequestSteps([broken], testExchange())).toMatchObject({ fault: { code: 'step.failed' } })
    const x = testExchange()
    expect(await runRequestSteps([{ ...broken, failOpen: true }], x)).toBeUndefined()
    expect(x.trace).toMatchObject([{ verdict: 'proceed', saw: { failedOpen: 'step.failed' } }])
  })

  test('never fail open where the policy’s contract does not allow it', () => {
    const policy = anyPolicy({
      contract: {
        id: 'p',
        summary: '',
        phase: 'limit',
        stacking: 'every',
        config: z.strictObject({}),
        faults,
        body: { need: 'none' },
        mayFailOpen: false,
      },
      needs: [],
      bind: () => ({}),
    })
    const effective = {
      policy,
      config: {},
      mode: 'enforce',
      failOpen: true,
      level: 'api',
      origin: '',
      step: '',
      reach: {},
      replacedFor: [],
      facts: undefined,
      expressions: [],
      addressLists: [],
    } as const
    expect(bindStep(effective, {} as Ports).failOpen).toBe(false)
  })

  test('hand a policy the ports that it declared and no others', () => {
    let granted: object = {}
    const policy = anyPolicy({
      contract: {
        id: 'p',
        summary: '',
        phase: 'limit',
        stacking: 'every',
        config: z.strictObject({}),
        faults,
        body: { need: 'none' },
        mayFailOpen: false,
      },
      needs: ['clock'] as const,
      bind(_, ports) {
        granted = ports
        return {}
      },
    })
    const effective = {
      policy,
      config: {},
      mode: 'enforce',
      failOpen: false,
      level: 'api',
      origin: '',
      step: '',
      reach: {},
      replacedFor: [],
      facts: undefined,
      expressions: [],
      addressLists: [],
    } as const
    bindStep(effective, { clock: { now: () => 0 }, counters: {}, keys: {} } as unknown as Ports)
    expect(Object.keys(granted)).toEqual(['clock'])
  })

  test('of a plan run for its subscribers alone, and those that it replaces for all others', () => {
    const gold = { subscribers: { product: 'goods', plan: 'gold' } }
    const steps = [
      { ...pass, policy: 'of-plan', reach: bindReach(gold, [], 'limit') },
      { ...pass, policy: 'wide', reach: bindReach({}, [gold], 'limit') },
    ]
    const ran = (plan: string | undefined, product = 'goods') => {
      const x = testExchange()
      x.subscriber = plan === undefined ? undefined : { subscription: 's', product, plan }
      runRequestSteps(steps, x)
      return x.trace.map((each) => each.policy)
    }
    expect(ran('gold')).toEqual(['of-plan'])
    expect(ran('silver')).toEqual(['wide'])
    expect(ran('gold', 'other')).toEqual(['wide'])
    expect(ran(undefined)).toEqual(['wide'])
  })

  test('with a condition run for the calls for which it holds, and the record says when it did not', () => {
    const reach = bindReach({ when: conditionOf('context.method == "GET"') }, [], 'limit')
    const ran = (method: string) => {
      const x = testExchange({ method })
      const ending = runRequestSteps([{ ...shut, reach }], x)
      return [ending, x.trace.map(({ verdict, when }) => [verdict, when])]
    }
    expect(ran('GET')).toEqual([expect.objectContaining({ verdict: 'refuse' }), [['refuse', undefined]]])
    expect(ran('POST')).toEqual([undefined, [['skip', { holds: false }]]])
  })

  test('that protect run where their condition has no answer, and the record says why', () => {
    const reach = bindReach({ when: conditionOf('context.claims.tier == "free"') }, [], 'limit')
    const x = testExchange()
    expect(runRequestSteps([{ ...shut, reach }], x)).toMatchObject({ verdict: 'refuse' })
    expect(x.trace[0]?.when).toEqual({ holds: true, error: '.claims: there is no such attribute' })
  })

  test('leave replies alone where their condition did not hold', () => {
    const reach = bindReach({ when: conditionOf('context.method == "GET"') }, [], 'transform')
    const mark = step({ onReply: (_, reply) => reply.headers.set('X-Mark', 'yes') }, { reach })
    const marked = (method: string) =>
      runReplySteps([mark], testExchange({ method }), { status: 200, headers: new HeaderList() }).headers
    expect(marked('GET').get('x-mark')).toBe('yes')
    expect(marked('POST').get('x-mark')).toBeUndefined()
  })

  test('give way to a nearer attachment for the calls for which its condition holds', () => {
    const near = { when: conditionOf('context.method == "GET"') }
    const steps = [
      { ...pass, policy: 'wide', reach: bindReach({}, [near], 'limit') },
      { ...pass, policy: 'near', reach: bindReach(near, [], 'limit') },
    ]
    const ran = (method: string) => {
      const x = testExchange({ method })
      runRequestSteps(steps, x)
      return x.trace.filter(({ verdict }) => verdict !== 'skip').map(({ policy }) => policy)
    }
    expect(ran('GET')).toEqual(['near'])
    expect(ran('POST')).toEqual(['wide'])
  })

  test('wait as long as a delay says, and not at all when it is observed', async () => {
    const slow = (millis: number) => step({ onRequest: () => ({ verdict: 'delay', millis }) })
    const began = performance.now()
    // Longer than a test may take.
    await runRequestSteps([{ ...slow(600_000), mode: 'observe' }], testExchange())
    const enforced = performance.now()
    expect(enforced - began).toBeLessThan(5_000)
    await runRequestSteps([slow(60)], testExchange())
    expect(performance.now() - enforced).toBeGreaterThan(55)
  })
})

describe('reply steps', () => {
  const marking = (text: string): BoundStep =>
    step({ onReply: (_, reply) => reply.headers.append('Mark', text) })
  const reply = () => ({
    status: 200,
    headers: HeaderList.of({ 'X-Backend': '1' }),
    body: Buffer.from('secret'),
  })

  test('run from the last to the first, only those that are enforced', () => {
    const left = runReplySteps(
      [marking('1'), { ...marking('2'), mode: 'observe' }, marking('3')],
      testExchange(),
      reply(),
    )
    expect(left.headers.all('mark')).toEqual(['3', '1'])
  })

  test('that fail put a refusal in place of the reply, which passes all the others', () => {
    const failing = step({
      onReply() {
        throw new Error('x')
      },
    })
    const x = testExchange()
    const left = runReplySteps([marking('1'), failing, marking('3')], x, reply())
    expect([left.status, left.headers.get('x-backend')]).toEqual([503, undefined])
    expect(Buffer.from(left.body as Uint8Array).toString()).not.toContain('secret')
    expect(left.headers.all('mark')).toEqual(['3', '1'])
    expect(x.trace).toMatchObject([{ verdict: 'refuse', code: 'step.failed' }])
  })

  test('that fail leave the reply when failing open was chosen', () => {
    const failing = step(
      {
        onReply() {
          throw new Error('x')
        },
      },
      { failOpen: true },
    )
    expect(runReplySteps([failing, marking('1')], testExchange(), reply()).headers.get('x-backend')).toBe('1')
  })
})

describe('the body that steps need', () => {
  function asking(body: Body | undefined, headers: Record<string, string> = {}): Exchange {
    return new Exchange({
      id: 'dec_test',
      request: {
        method: 'POST',
        target: '/',
        headers: HeaderList.of(headers),
        remoteAddress: '192.0.2.1',
        signal: new AbortController().signal,
        ...(body !== undefined && { body }),
      },
      revision: testRevision(),
      receivedAt: 0,
    })
  }

  async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
    for (const text of texts) yield Buffer.from(text)
  }

  async function textOf(body: Body | undefined): Promise<string> {
    if (body === undefined) return ''
    if (body instanceof Uint8Array) return Buffer.from(body).toString()
    const pieces: Uint8Array[] = []
    for await (const piece of body) pieces.push(piece)
    return Buffer.concat(pieces).toString()
  }

  function reading(body: BodyNeed, more: Partial<BoundStep> = {}) {
    const read: string[] = []
    const bound = {
      onRequest(x: Exchange) {
        read.push(Buffer.from(x.body ?? Buffer.from('none')).toString())
        return proceed()
      },
    }
    return { read, step: step(bound, { body, ...more }) }
  }

  test('is not touched where none needs it', async () => {
    const x = asking(chunks('abc'))
    expect(runRequestSteps([pass], x)).toBeUndefined()
    expect([x.ahead, await textOf(x.outgoingBody())]).toEqual([undefined, 'abc'])
  })

  test('is shown as far as each declared, and sent on whole', async () => {
    const prefix = reading({ need: 'prefix', bytes: 4 })
    const whole = reading({ need: 'whole', maxBytes: 9 })
    const x = asking(chunks('abc', 'def', 'ghi'))
    expect(await runRequestSteps([prefix.step, whole.step, prefix.step], x)).toBeUndefined()
    expect([prefix.read, whole.read]).toEqual([['abcd', 'abcd'], ['abcdefghi']])
    expect(await textOf(x.outgoingBody())).toBe('abcdefghi')
  })

  test('is shown empty where there is none', () => {
    const whole = reading({ need: 'whole', maxBytes: 9 })
    expect(runRequestSteps([whole.step], asking(undefined))).toBeUndefined()
    expect(whole.read).toEqual([''])
  })

  test('is not read for a step that comes after a refusal', () => {
    const x = asking(chunks('abc'))
    runRequestSteps([shut, reading({ need: 'whole', maxBytes: 9 }).step], x)
    expect(x.ahead).toBeUndefined()
  })

  test('is refused with 413 above the cap, and without reading it where its length is told', async () => {
    const whole = reading({ need: 'whole', maxBytes: 5 }, { failOpen: true })
    const untold = asking(chunks('abc', 'def'))
    expect(await runRequestSteps([whole.step], untold)).toMatchObject({ fault: { status: 413 } })
    const told = asking(chunks('abc', 'def'), { 'Content-Length': '6' })
    expect(runRequestSteps([whole.step], told)).toMatchObject({ fault: { code: 'step.body-too-large' } })
    expect(told.ahead).toBeUndefined()
    expect(whole.read).toEqual([])
  })

  test('goes on whole when the step that found it too large is only observed', async () => {
    const whole = reading({ need: 'whole', maxBytes: 4 }, { mode: 'observe' })
    const x = asking(chunks('abc', 'def', 'ghi'))
    expect(await runRequestSteps([whole.step], x)).toBeUndefined()
    expect(x.trace).toMatchObject([{ verdict: 'refuse', code: 'step.body-too-large' }])
    expect(await textOf(x.outgoingBody())).toBe('abcdefghi')
  })

  test('that breaks off makes the step fail', async () => {
    const broken = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('gone')) }) }
    const whole = reading({ need: 'whole', maxBytes: 4 })
    expect(await runRequestSteps([whole.step], asking(broken))).toMatchObject({
      fault: { code: 'step.failed' },
    })
  })
})
