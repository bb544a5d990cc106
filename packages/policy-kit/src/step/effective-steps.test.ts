import { z } from '@portcullis/kernel/schema'
import type { Attachment } from '@portcullis/model/attachment'
import type { Revision } from '@portcullis/model/revision'
import { describe, expect, test } from 'vitest'
import { conditionOf } from '../condition-test-kit.ts'
import type { Phase } from '../phase.ts'
import { type AnyPolicy, anyPolicy, type OperationPlace } from '../policy.ts'
import { testRevision } from '../test-kit.ts'
import { proceed } from '../verdict.ts'
import { arrange, type EffectiveStep, effectiveSteps, outerSteps } from './effective-steps.ts'
import type { Reach } from './reach.ts'

interface Shape {
  readonly phase?: Phase
  readonly stacking?: 'nearest' | 'every'
  readonly derive?: (place: OperationPlace) => unknown
}

function policy(id: string, { phase = 'limit', stacking = 'every', derive }: Shape = {}): AnyPolicy {
  return anyPolicy({
    contract: {
      id,
      summary: 'For a test',
      phase,
      stacking,
      config: z.strictObject({ n: z.int().default(0) }),
      faults: {},
      body: { need: 'none' as const },
      mayFailOpen: false,
      ...(derive && { derive }),
    },
    needs: [],
    bind: () => ({ onRequest: () => proceed() }),
  })
}

function attach(id: string, n = 0, more: Partial<Attachment> = {}): Attachment {
  return { policy: id, mode: 'enforce', failOpen: false, config: { n }, ...more }
}

interface Levels {
  readonly edge?: Attachment[]
  readonly product?: Attachment[]
  readonly environment?: Attachment[]
  readonly api?: Attachment[]
  readonly gold?: Attachment[]
  readonly silver?: Attachment[]
  readonly operation?: Attachment[]
}

/** A revision with these attachments, whose product `goods` offers the plans gold and silver. */
function place(levels: Levels): OperationPlace {
  const plan = (name: string, policies: Attachment[] = []) => ({ product: 'goods', plan: name, policies })
  const revision: Revision = testRevision(
    {
      policies: levels.environment ?? [],
      groups: [{ group: 'partner', policies: levels.edge ?? [] }],
      products: [
        { product: 'goods', policies: levels.product ?? [] },
        { product: 'unrelated', policies: levels.product ?? [] },
      ],
      plans: [
        plan('gold', levels.gold),
        plan('silver', levels.silver),
        { ...plan('gold'), product: 'unrelated' },
      ],
      subscriptions: [
        {
          subscription: 's',
          app: 'a',
          product: 'goods',
          plan: 'gold',
          apis: [{ api: 'warehouse', version: 'v1' }],
          scopes: [],
        },
      ],
    },
    {
      policies: levels.api ?? [],
      operations: [
        { id: 'op', method: 'GET', path: '/items', security: [], policies: levels.operation ?? [] },
      ],
    },
  )
  const [api] = revision.apis
  const [operation] = api?.operations ?? []
  if (api === undefined || operation === undefined) throw new Error('the revision has no operation')
  return { revision, api, operation }
}

const numbers = (catalog: AnyPolicy[], levels: Levels): unknown[] =>
  effectiveSteps(catalog, place(levels)).map((step) => (step.config as { n: number }).n)

describe('the steps of an operation', () => {
  test('run by phase, then from the widest attachment to the nearest, then as they are written', () => {
    const catalog = [policy('late'), policy('early', { phase: 'connection' }), policy('other')]
    const levels = {
      operation: [attach('early', 5), attach('late', 9)],
      api: [attach('late', 6), attach('other', 7), attach('late', 8)],
      gold: [attach('late', 4)],
      product: [attach('late', 3)],
      environment: [attach('late', 2), attach('early', 1)],
      edge: [attach('late', 0)],
    }
    expect(numbers(catalog, levels)).toEqual([1, 5, 0, 2, 3, 4, 6, 7, 8, 9])
  })

  test('of one phase run in the stated order of their policies, the others after them as they are written', () => {
    const ids = ['own-b', 'quota', 'own-a', 'rate-limit']
    const steps = effectiveSteps(
      ids.map((id) => policy(id)).toReversed(),
      place({ environment: ids.map((id) => attach(id)), operation: [attach('rate-limit', 1)] }),
    )
    expect(steps.map((step) => [step.policy.contract.id, step.level])).toEqual([
      ['rate-limit', 'environment'],
      ['rate-limit', 'operation'],
      ['quota', 'environment'],
      ['own-b', 'environment'],
      ['own-a', 'environment'],
    ])
  })

  test('come from every level where the policy says every, from the nearest where it says nearest', () => {
    const levels = { environment: [attach('p', 1)], api: [attach('p', 2)], operation: [attach('p', 3)] }
    expect(numbers([policy('p')], levels)).toEqual([1, 2, 3])
    expect(numbers([policy('p', { stacking: 'nearest' })], levels)).toEqual([3])
  })

  test('say where they come from, under a name of their own', () => {
    const levels = {
      edge: [attach('p')],
      environment: [attach('p'), attach('p')],
      product: [attach('p')],
      gold: [attach('p')],
      api: [attach('p')],
      operation: [attach('p')],
    }
    const steps = effectiveSteps([policy('p')], place(levels))
    expect(steps.map(({ origin, step }) => [origin, step])).toEqual([
      ['gateway group partner', 'hmart/production/edge/partner/p.0'],
      ['environment production', 'hmart/production/p.0'],
      ['environment production #2', 'hmart/production/p.1'],
      ['product goods', 'hmart/production/product/goods/p.0'],
      ['plan goods/gold', 'hmart/production/plan/goods/gold/p.0'],
      ['api warehouse/v1', 'hmart/production/api/warehouse/v1/p.0'],
      ['operation op', 'hmart/production/operation/warehouse/v1/op/p.0'],
    ])
  })

  test('hold the defaults of their config', () => {
    const [step] = effectiveSteps([policy('p')], place({ api: [attach('p', 0, { config: {} })] }))
    expect(step?.config).toEqual({ n: 0 })
  })

  test('leave out products and plans under which nobody can call this API', () => {
    const subject = place({ product: [attach('p')], gold: [attach('p')] })
    const revision = { ...subject.revision, subscriptions: [] }
    expect(effectiveSteps([policy('p')], { ...subject, revision })).toEqual([])
  })
})

describe('a policy of which the nearest attachment wins', () => {
  const catalog = [policy('p', { stacking: 'nearest' })]
  const planned = (levels: Levels) => arrange(catalog, place(levels)).steps.map(told)
  const lost = (levels: Levels) =>
    arrange(catalog, place(levels)).lost.map(({ origin, lostTo }) => [origin, lostTo])
  const named = ({ subscribers }: Reach) =>
    subscribers && [subscribers.product, subscribers.plan].filter((each) => each !== undefined).join('/')
  const told = ({ config, reach, replacedFor }: EffectiveStep) => [
    (config as { n: number }).n,
    named(reach),
    replacedFor.map(named),
  ]

  test('is replaced by a plan’s own for its subscribers, and stays for everybody else', () => {
    const levels = { environment: [attach('p', 1)], gold: [attach('p', 2)] }
    expect(planned(levels)).toEqual([
      [1, undefined, ['goods/gold']],
      [2, 'goods/gold', []],
    ])
    expect(lost(levels)).toEqual([])
  })

  test('is a product’s own for its subscribers, less those whose plan has its own', () => {
    const levels = { edge: [attach('p', 1)], product: [attach('p', 2)], silver: [attach('p', 3)] }
    expect(planned(levels)).toEqual([
      [1, undefined, ['goods/silver', 'goods']],
      [2, 'goods', ['goods/silver']],
      [3, 'goods/silver', []],
    ])
  })

  test('with a condition leaves the other calls to the next one on its level, then to the wider ones', () => {
    const when = conditionOf('context.method == "GET"')
    const levels = {
      environment: [attach('p', 1)],
      api: [attach('p', 2, { when }), attach('p', 3)],
      operation: [attach('p', 4, { when })],
    }
    const steps = arrange(catalog, place(levels)).steps
    expect(steps.map(({ config, reach, replacedFor }) => [config, reach, replacedFor])).toEqual([
      [{ n: 2 }, { when }, [{ when }]],
      [{ n: 3 }, {}, [{ when }, { when }]],
      [{ n: 4 }, { when }, []],
    ])
    expect(lost(levels)).toEqual([['environment production', 'api warehouse/v1 #2']])
  })

  test('is that of the API for everybody, whatever products and plans attach', () => {
    const levels = {
      edge: [attach('p', 0)],
      product: [attach('p', 1)],
      gold: [attach('p', 2)],
      api: [attach('p', 4)],
    }
    expect(planned(levels)).toEqual([[4, undefined, []]])
    expect(lost(levels)).toEqual([
      ['plan goods/gold', 'api warehouse/v1'],
      ['product goods', 'api warehouse/v1'],
      ['gateway group partner', 'api warehouse/v1'],
    ])
  })
})

describe('a policy that derives facts', () => {
  const fromSecurity = policy('derived', {
    stacking: 'nearest',
    derive: ({ operation }) => (operation.id === 'op' ? { id: operation.id } : undefined),
  })

  test('runs without being attached, under a name that is unique in the installation', () => {
    const [step] = effectiveSteps([fromSecurity], place({}))
    expect(step).toMatchObject({
      facts: { id: 'op' },
      mode: 'enforce',
      failOpen: false,
      level: 'contract',
      step: 'hmart/production/contract/warehouse/v1/derived',
    })
  })

  test('takes config and mode from an attachment, and keeps its facts', () => {
    const [step, ...more] = effectiveSteps(
      [fromSecurity],
      place({ api: [attach('derived', 7, { mode: 'observe' })] }),
    )
    expect(step).toMatchObject({ facts: { id: 'op' }, mode: 'observe', config: { n: 7 } })
    expect(more).toEqual([])
    expect(arrange([fromSecurity], place({ api: [attach('derived', 7)] })).lost).toEqual([])
  })

  test('runs with its defaults for the calls for which no attachment’s condition holds', () => {
    const when = conditionOf('context.method == "GET"')
    const steps = effectiveSteps(
      [fromSecurity],
      place({ api: [attach('derived', 7, { mode: 'off', when })] }),
    )
    expect(steps.map(({ level, mode, replacedFor }) => [level, mode, replacedFor])).toEqual([
      ['contract', 'enforce', [{ when }]],
      ['api', 'off', []],
    ])
  })

  test('does not run where there are none, and what is attached is said to be lost', () => {
    const subject = place({ api: [attach('derived')] })
    expect(arrange([fromSecurity], { ...subject, operation: { ...subject.operation, id: 'other' } })).toEqual(
      {
        steps: [],
        lost: [{ policy: 'derived', origin: 'api warehouse/v1', mode: 'enforce', lostTo: undefined }],
      },
    )
  })
})

describe('the outer steps', () => {
  test('are those of the gateway group and the environment that need no operation', () => {
    const catalog = [policy('a', { phase: 'connection' }), policy('b', { phase: 'cors' }), policy('c')]
    const { revision } = place({
      edge: [attach('b')],
      environment: [attach('c'), attach('b'), attach('a')],
      api: [attach('a')],
    })
    expect(outerSteps(catalog, revision).map((step) => [step.policy.contract.id, step.level])).toEqual([
      ['a', 'environment'],
      ['b', 'edge'],
      ['b', 'environment'],
    ])
  })
})
