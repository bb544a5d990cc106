import type { Signal } from '@portcullis/kernel/signal'
import { upstream } from '@portcullis/model/resource/upstream'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Reply } from '@portcullis/policy-kit/message/reply'
import { collectingLog } from '@portcullis/ports/log/memory'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gatewayFaults } from '../../fault.ts'
import type { OutgoingRequest } from '../../forwarder/forwarder.ts'
import { markUnsent } from '../delivery/unsent.ts'
import { BalancedUpstream } from './balanced-upstream.ts'

/** What the outside does next to a call under way, or while there is none. */
type Event =
  | { readonly do: 'call'; readonly method: string }
  | { readonly do: 'answer'; readonly which: number; readonly status: number }
  | { readonly do: 'break'; readonly which: number; readonly unsent: boolean }
  | { readonly do: 'leave'; readonly which: number }
  | { readonly do: 'wait'; readonly millis: number }

interface UnderWay {
  readonly request: OutgoingRequest
  readonly resolve: (reply: Reply) => void
  readonly reject: (thrown: unknown) => void
}

/** An upstream whose backends do what the test says, at times that the test sets. */
function open(declared: unknown) {
  const underWay: UnderWay[] = []
  const ended = { replies: 0, faults: [] as string[] }
  let now = 0
  const under = new BalancedUpstream('hmart/production/shop/v1', upstream.parse(declared), {
    forwarder: {
      forward: (request) =>
        new Promise((resolve, reject) => {
          underWay.push({ request, resolve, reject })
        }),
    },
    log: collectingLog(),
    now: () => now,
    random: () => 0.5,
  })
  const callers = new Map<Signal, AbortController>()

  async function happen(event: Event): Promise<void> {
    if (event.do === 'wait') now += event.millis
    if (event.do === 'call') call(event.method)
    if ('which' in event && underWay.length > 0) end(event)
    // Lets everything that follows from it happen.
    await new Promise((resolve) => setImmediate(resolve))
  }

  function call(method: string): void {
    const caller = new AbortController()
    callers.set(caller.signal, caller)
    const headers = new HeaderList()
    const request = { origin: '', method, target: '/', headers, body: undefined, signal: caller.signal }
    under
      .begin()
      .forward(request)
      .then(
        () => ended.replies++,
        (thrown) => ended.faults.push(thrown.code),
      )
  }

  function end(event: Event & { which: number }): void {
    const [one] = underWay.splice(event.which % underWay.length, 1)
    if (one === undefined) return
    if (event.do === 'answer') one.resolve({ status: event.status, headers: new HeaderList() })
    if (event.do === 'leave') {
      callers.get(one.request.signal)?.abort()
      one.reject(gatewayFaults['caller-gone']())
    }
    if (event.do === 'break') {
      const fault = gatewayFaults['upstream-unreachable']()
      one.reject(event.unsent ? markUnsent(fault) : fault)
    }
  }

  return { under, underWay, ended, happen, now: () => now }
}

const events: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ do: fc.constant('call' as const), method: fc.constantFrom('GET', 'POST') }),
  fc.record({
    do: fc.constant('answer' as const),
    which: fc.nat(9),
    status: fc.constantFrom(200, 500, 503),
  }),
  fc.record({ do: fc.constant('break' as const), which: fc.nat(9), unsent: fc.boolean() }),
  fc.record({ do: fc.constant('leave' as const), which: fc.nat(9) }),
  fc.record({ do: fc.constant('wait' as const), millis: fc.nat(600) }),
)

const declarations = fc.record({
  targets: fc
    .array(fc.nat(3), { minLength: 1, maxLength: 4 })
    .filter((weights) => weights.some((weight) => weight > 0))
    .map((weights) => weights.map((weight, i) => ({ url: `http://t${i}.internal`, weight }))),
  balance: fc.constantFrom('round-robin', 'least-requests'),
  health: fc.record({
    passive: fc.record({
      failures: fc.integer({ min: 1, max: 3 }),
      ejectFor: fc.constant('1s'),
      maxEjectedPercent: fc.constantFrom(0, 50, 100),
    }),
  }),
  circuitBreaker: fc.option(fc.constant({ minimumCalls: 3, openFor: '1s', trialCalls: 1 }), {
    nil: undefined,
  }),
  retry: fc.record({
    attempts: fc.nat(3),
    on: fc.constantFrom<unknown[]>(['connect-failure'], ['connect-failure', 'no-answer', 503]),
  }),
  slowStart: fc.option(fc.constant('1s'), { nil: undefined }),
})

describe('whatever happens to an upstream', () => {
  it('every call comes to its end, no count is left over, and nobody without weight is called', async () => {
    await fc.assert(
      fc.asyncProperty(
        declarations,
        fc.array(events, { minLength: 20, maxLength: 80 }),
        async (declared, happening) => {
          const { under, underWay, ended, happen } = open(declared)
          let calls = 0
          for (const event of happening) {
            if (event.do === 'call') calls++
            await happen(event)
            for (const { request } of underWay) {
              const at = under.targets.findIndex(({ origin }) => origin === request.origin)
              expect(under.declared.targets[at]?.weight).toBeGreaterThan(0)
            }
            const { targets } = under.status()
            expect(targets.reduce((sum, { inFlight }) => sum + inFlight, 0)).toBe(underWay.length)
          }
          while (underWay.length > 0) await happen({ do: 'answer', which: 0, status: 200 })
          expect(ended.replies + ended.faults.length).toBe(calls)
          const { targets, retries } = under.status()
          expect(targets.map(({ inFlight }) => inFlight)).toEqual(targets.map(() => 0))
          expect(retries).toBeLessThanOrEqual(10 + calls * 0.2)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('never more targets are ejected than the cap allows, and without circuits no call is refused', async () => {
    await fc.assert(
      fc.asyncProperty(
        declarations,
        fc.array(events, { minLength: 20, maxLength: 80 }),
        async (declared, happening) => {
          const { under, underWay, ended, happen, now } = open({ ...declared, circuitBreaker: undefined })
          const serving = under.targets.filter((_, i) => under.declared.targets[i]?.weight !== 0)
          const { maxEjectedPercent: most } = declared.health.passive
          const cap =
            serving.length < 2 || most === 0 ? 0 : Math.max(1, Math.floor((serving.length * most) / 100))
          for (const event of happening) {
            await happen(event)
            expect(under.targets.filter((each) => each.isEjected(now())).length).toBeLessThanOrEqual(cap)
          }
          while (underWay.length > 0) await happen({ do: 'answer', which: 0, status: 200 })
          expect(ended.faults).not.toContain('gateway.upstream-open')
        },
      ),
      { numRuns: 100 },
    )
  })

  it('a target that is fit is preferred to one that is not, and all of them are used when none is', async () => {
    await fc.assert(
      fc.asyncProperty(
        declarations,
        fc.array(events, { minLength: 20, maxLength: 80 }),
        async (declared, happening) => {
          const { under, underWay, happen, now } = open(declared)
          const isFit = (origin: string): boolean | undefined =>
            under.targets.find((each) => each.origin === origin)?.isFit(under.rules, now())
          for (const event of happening) {
            if (event.do !== 'call') {
              await happen(event)
              continue
            }
            const serving = under.targets.filter((_, i) => under.declared.targets[i]?.weight !== 0)
            const fit = new Set(serving.map(({ origin }) => origin).filter((origin) => isFit(origin)))
            const before = underWay.length
            const { panics, refused } = under.status()
            await happen(event)
            const chosen = underWay[before]?.request.origin
            if (chosen === undefined) expect(under.status().refused).toBe(refused + 1)
            else if (fit.size > 0) expect(fit).toContain(chosen)
            else expect(under.status().panics).toBe(panics + 1)
          }
          while (underWay.length > 0) await happen({ do: 'answer', which: 0, status: 200 })
        },
      ),
      { numRuns: 150 },
    )
  })
})
