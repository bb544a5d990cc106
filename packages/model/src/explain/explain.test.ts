import { describe, expect, it } from 'vitest'
import type { Decision } from '../decision/decision.ts'
import { explainDecision } from './explain.ts'

const allowed: Decision = {
  id: 'dec_1',
  organization: 'hmart',
  environment: 'production',
  revision: 7,
  at: '2026-01-01T00:00:00.000Z',
  method: 'GET',
  operation: { api: 'warehouse', version: 'v1', id: 'listItems', path: '/items' },
  client: 'robot',
  subject: 'robot',
  outcome: 'allowed',
  status: 200,
  steps: [
    {
      policy: 'jwt',
      origin: 'contract',
      mode: 'enforce',
      verdict: 'proceed',
      saw: { client: 'robot' },
      micros: 90,
    },
  ],
  upstream: { status: 200, micros: 800 },
  micros: 1000,
}

function explained(changes: Partial<Decision>): string {
  return explainDecision({ ...allowed, ...changes }).join('\n')
}

describe('an explained decision', () => {
  it('says what was called, by whom, under which revision, and what every step saw', () => {
    expect(explainDecision(allowed)).toEqual([
      'dec_1: GET /items was called, which is listItems of warehouse/v1 at 2026-01-01T00:00:00.000Z.',
      'The app "robot" called for itself.',
      'Revision hmart/production#7 was in force.',
      'The steps, in their order:',
      '  1. jwt (contract) let it pass; it looked at client = robot; 90 µs',
      'The backend answered with 200 after 800 µs.',
      'It was allowed, and the backend answered: status 200, after 1000 µs.',
    ])
  })

  it('says of what became no call of an environment what was wrong with it', () => {
    const { id, at, micros } = allowed
    const turnedAway: Decision = {
      ...{ id, at, micros, organization: 'system', environment: 'none', revision: 0, steps: [] },
      ...{ method: 'unknown', outcome: 'refused', status: 400, code: 'gateway.malformed-request' },
    }
    expect(explainDecision(turnedAway)).toEqual([
      'dec_1: Something came that is no request at 2026-01-01T00:00:00.000Z, and became no call of an environment.',
      'It was refused: status 400, because of gateway.malformed-request, after 1000 µs.',
      'What to do: the reference of faults describes gateway.malformed-request.',
    ])
    expect(explainDecision({ ...turnedAway, method: 'GET' })[0]).toContain('GET came at')
  })

  it('shows the chain of trust from the user to the backend, with audiences and lifetimes', () => {
    const told = explained({
      subject: 'ada',
      backend: [
        {
          method: 'token-exchange',
          audience: 'https://stock.example',
          issuer: 'https://auth.example/hmart',
          client: 'gateway',
          speaksOf: 'caller',
          expiresAt: '2026-01-01T00:01:00.000Z',
          presented: {
            issuer: 'https://auth.example/hmart',
            audience: ['https://api.example/warehouse/v1'],
            expiresAt: '2026-01-01T00:05:00.000Z',
            identityProvider: 'head-office',
            actors: ['shop-api', 'stock-api'],
          },
        },
      ],
    })
    expect(told).toContain(
      [
        'The chain of trust:',
        '  1. the user "ada", whom the identity provider "head-office" knows',
        '  2. the app "shop-api", which acted for "ada"',
        '  3. the app "stock-api", which acted for "ada"',
        '  4. the app "robot", on behalf of "ada", with a token of https://auth.example/hmart for https://api.example/warehouse/v1, good until 2026-01-01T00:05:00.000Z (300 s more)',
        '  5. the gateway spoke for the caller by token-exchange, as "gateway", issued by https://auth.example/hmart, for https://stock.example, good until 2026-01-01T00:01:00.000Z (60 s more)',
        '  6. the backend answered with 200',
      ].join('\n'),
    )
  })

  it('shows a gateway that speaks for itself, and a backend that does not take its word', () => {
    const told = explained({
      backend: [{ method: 'basic', client: 'gateway', speaksOf: 'gateway' }],
      upstream: { status: 401, micros: 5 },
    })
    expect(told).toContain(
      '  1. the app "robot", for itself\n  2. the gateway spoke for itself by basic, as "gateway"\n',
    )
    expect(told).toContain('  3. the backend did not take it: it answered with 401')
  })

  it('names the target that answered, and every attempt where there was more than one', () => {
    const one = explained({ upstream: { status: 200, micros: 800, target: 'b.internal:8080' } })
    expect(one).toContain('The backend at b.internal:8080 answered with 200 after 800 µs.')
    const two = explained({
      upstream: {
        status: 200,
        micros: 1400,
        target: 'b.internal:8080',
        attempts: [
          { target: 'a.internal:8080', code: 'gateway.upstream-unreachable', micros: 300 },
          { target: 'b.internal:8080', status: 200, micros: 900 },
        ],
        panic: true,
      },
    })
    expect(two.split('\n')).toEqual(
      expect.arrayContaining([
        'No target of the backend was fit for service, so all of them were used.',
        'The backend at b.internal:8080 answered with 200 after 1400 µs, at attempt 2.',
        '  1. a.internal:8080 gave no answer, because of gateway.upstream-unreachable; 300 µs',
        '  2. b.internal:8080 answered with 200; 900 µs',
      ]),
    )
  })

  it('names the step that refused, its code, and where it came from', () => {
    const { upstream: _, ...rest } = allowed
    const text = explainDecision({
      ...rest,
      outcome: 'refused',
      status: 403,
      code: 'scope.insufficient',
      subject: 'alice',
      steps: [
        ...allowed.steps,
        {
          policy: 'scope',
          origin: 'contract',
          mode: 'enforce',
          verdict: 'refuse',
          code: 'scope.insufficient',
          saw: { required: 'order_item' },
          micros: 5,
        },
      ],
    }).join('\n')
    expect(text).toContain('The app "robot" called on behalf of "alice".')
    expect(text).toContain(
      '2. scope (contract) refused it with scope.insufficient; it looked at required = order_item',
    )
    expect(text).toContain('The backend was not called.')
    expect(text).toContain('It was refused: status 403, because of scope.insufficient')
    expect(text).toContain('What to do: the step scope from contract decided.')
  })

  it('says that a condition did not hold, and which had no answer', () => {
    const step = { policy: 'rate-limit', origin: 'api a/v1', mode: 'enforce', micros: 0 } as const
    const text = explained({
      steps: [
        { ...step, verdict: 'skip', when: { holds: false } },
        { ...step, verdict: 'proceed', when: { holds: true, error: '.tier: there is no such attribute' } },
      ],
    })
    expect(text).toContain('1. rate-limit (api a/v1) did not run, as its condition did not hold; 0 µs')
    expect(text).toContain(
      '2. rate-limit (api a/v1) let it pass; its condition had no answer (.tier: there is no such attribute), so it ran',
    )
  })

  it('does not say that a step refused which was only observed', () => {
    const text = explained({
      steps: [
        {
          policy: 'rate-limit',
          origin: 'plan warehouse/gold',
          mode: 'observe',
          verdict: 'refuse',
          code: 'rate-limit.exceeded',
          micros: 5,
        },
      ],
    })
    expect(text).toContain('would have refused it with rate-limit.exceeded, but is only observed')
    expect(text).not.toContain('What to do')
  })

  it('says that nothing was found where no operation matched', () => {
    const { operation: _, client: __, subject: ___, upstream: ____, ...rest } = allowed
    const text = explainDecision({
      ...rest,
      outcome: 'refused',
      status: 404,
      code: 'route.not-found',
      steps: [],
    }).join('\n')
    expect(text).toContain('leads to no operation')
    expect(text).toContain('Nobody was identified')
    expect(text).toContain('No step ran.')
    expect(text).toContain('portcullis plan METHOD PATH')
  })

  it('points to the backend when it gave no answer', () => {
    const text = explained({
      outcome: 'failed',
      status: 502,
      code: 'upstream.unreachable',
      upstream: { micros: 3000 },
    })
    expect(text).toContain('The backend gave no answer after 3000 µs.')
    expect(text).toContain('Look at the backend')
  })
})
