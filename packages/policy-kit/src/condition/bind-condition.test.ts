import { describe, expect, test } from 'vitest'
import { conditionOf } from '../condition-test-kit.ts'
import type { Principal } from '../principal.ts'
import { type ExchangeOptions, testExchange, testRevision } from '../test-kit.ts'
import { bindCondition } from './bind-condition.ts'

const ada: Principal = {
  schemes: ['login'],
  issuer: 'https://auth.example/hmart',
  client: 'shop',
  subject: 'ada',
  scopes: new Set(['list_items', 'order_item']),
  roles: new Set(['clerk']),
  groups: new Set(['sales']),
  expiresAt: 0,
  claims: {
    tier: 'free',
    age: 41,
    ratio: 0.5,
    tags: ['a', 'b'],
    address: { city: 'Berlin' },
    none: null,
    authorization_details: [
      { type: 'payment', cents: 1200 },
      { type: 'note', text: 'a' },
      { type: 'note', text: 'b' },
    ],
  },
}

/** A Friday: 17:30 in Berlin, 11:30 in New York. */
const FRIDAY = Date.UTC(2026, 10, 20, 16, 30)

const call: ExchangeOptions = {
  target: '/warehouse/v1/items?page=2&sort=up&sort=down&empty=',
  headers: { 'X-Region': 'north', Accept: 'text/html' },
  remoteAddress: '192.0.2.7',
  principal: ada,
  receivedAt: FRIDAY,
}

function ask(text: string, options: ExchangeOptions = call) {
  const x = testExchange(options)
  x.subscriber = { subscription: 's', product: 'goods', plan: 'gold' }
  return bindCondition(conditionOf(text), 'limit')(x)
}

describe('a condition can ask a call', () => {
  test.each([
    'context.method == "GET"',
    'context.path == "/warehouse/v1/items"',
    'context.environment == "production"',
    'context.query.page == "2"',
    'context.query.empty == ""',
    'context.headers["x-region"] == "north"',
    'context.address.isInRange(ip("192.0.2.0/24"))',
    'context.time < datetime("2026-11-21")',
    'context.zone["Europe/Berlin"].weekday == "friday" && context.zone["Europe/Berlin"].hour == 17',
    'context.zone["America/New_York"].hour == 11 && context.zone["America/New_York"].minute == 30',
    'context.zone["Asia/Tokyo"].date == "2026-11-21"',
    'context.app == "shop"',
    'context.claims.tier == "free" && context.claims.age > 40',
    'context.claims.tags.contains("b") && context.claims.address.city == "Berlin"',
    'context.authorizationDetails.payment.cents <= 1200 && !(context.authorizationDetails has note)',
    'context.scopes.containsAll(["order_item"])',
    'context.roles.contains("clerk") && context.groups.contains("sales")',
    'context.subscription == "s" && context.product == "goods" && context.plan == "gold"',
    'principal == User::"ada" && principal in Role::"clerk" && principal in Group::"sales"',
    'principal.app == "shop"',
    'action == Action::"listItems"',
    'resource == ApiVersion::"warehouse/v1" && resource in Api::"warehouse"',
    'resource.classification == "internal"',
    '!(context has country) && !(context has risk) && !(context has acr)',
    'true // and no comment ends it',
  ])('%s', (text) => {
    expect(ask(text)).toEqual({ holds: true })
    expect(ask(`!(${text}\n)`)).toEqual({ holds: false })
  })

  test('that nobody makes for a user, about its app', () => {
    const robot = { ...ada, client: 'robot', subject: 'robot' }
    expect(ask('principal == App::"robot"', { ...call, principal: robot })).toEqual({ holds: true })
  })

  test('of an unknown caller, who has no roles and is nobody', () => {
    const { principal, ...unknown } = call
    expect(ask('context.roles.contains("clerk") || context.scopes.contains("a")', unknown)).toEqual({
      holds: false,
    })
    expect(ask('principal == Anonymous::"anonymous"', unknown)).toEqual({ holds: true })
  })

  test('that leads to an operation with path parameters', () => {
    const x = testExchange({ ...call, parameters: { id: 'a/b' } })
    expect(bindCondition(conditionOf('context.parameters.id == "a/b"'), 'limit')(x)).toEqual({ holds: true })
  })

  test('what a step has found out', () => {
    const x = testExchange(call)
    x.apply({ country: 'DE', risk: 80 })
    const found = bindCondition(conditionOf('context.country == "DE" && context.risk >= 80'), 'limit')
    expect(found(x)).toEqual({ holds: true })
  })
})

describe('a condition without an answer', () => {
  const MISSING = 'context.claims.department == "x"'

  test.each([
    MISSING,
    'context.claims.ratio == 1',
    'context.claims.none == "x"',
    'context.claims.constructor == "x"',
    'context.query.sort == "up"',
    'context.headers["x-other"] == "a"',
    'context.claims.tier > 3',
    'context.country == "DE"',
  ])('lets a step run that protects: %s', (text) => {
    expect(ask(text)).toMatchObject({ holds: true, error: expect.any(String) })
  })

  test.each(['cors', 'answer', 'backend'] as const)(
    'lets no step of %s run, which gives something',
    (phase) => {
      expect(bindCondition(conditionOf(MISSING), phase)(testExchange(call))).toMatchObject({ holds: false })
    },
  )

  test('tells what was asked for, and nothing of the caller', () => {
    expect(ask(MISSING).error).toBe('.department: there is no such attribute')
  })

  test('is one object in all records that say the same', () => {
    const when = bindCondition(conditionOf(MISSING), 'limit')
    expect(when(testExchange(call))).toBe(when(testExchange(call)))
  })
})

test('a condition says the same for the whole of a call, whatever steps find out', () => {
  const x = testExchange(call)
  const when = bindCondition(conditionOf('context has country'), 'limit')
  expect(when(x).holds).toBe(false)
  x.apply({ country: 'DE' })
  expect(when(x).holds).toBe(false)
  const revision = testRevision()
  expect(when(testExchange({ revision })).holds).toBe(false)
})
