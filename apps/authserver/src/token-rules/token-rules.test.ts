import { parseCondition } from '@portcullis/cedar/parse'
import { idOf, tokenRules } from '@portcullis/model/collection'
import type { Decision } from '@portcullis/model/decision/decision'
import { explainDecision } from '@portcullis/model/explain/explain'
import type { TokenOutcome } from '@portcullis/model/resource/token-rules'
import type { PreparedRule, PreparedRuleSet } from '@portcullis/model/token-rules'
import { openApprovals } from '@portcullis/oauth/approval/approvals'
import { acrs } from '@portcullis/oauth/sign-in/acr'
import type { CustomAnswer } from '@portcullis/oauth/token-rules/custom-rules'
import type { TokenAsked } from '@portcullis/oauth/token-rules/token-asked'
import { openMemoryCountries } from '@portcullis/ports/countries/memory'
import { openMemoryRisk } from '@portcullis/ports/risk/memory'
import { put } from '@portcullis/ports/store/port'
import { decodeJwt } from 'jose'
import { describe, expect, it, onTestFinished } from 'vitest'
import { APPROVED_TOKEN } from '../provider/client.ts'
import { requestToken, type TokenAnswer, WAREHOUSE, type World, type WorldOptions } from '../test-kit.ts'
import { openShop, type Shop } from '../test-shop.ts'
import { heldTokens } from './held-token.ts'

async function open(options: WorldOptions = {}) {
  const shop = await openShop(options)
  onTestFinished(() => shop.world.close())
  const { world } = shop
  const publish = (...sets: Partial<PreparedRuleSet>[]) =>
    world.store.commit([
      put(tokenRules, 'hmart', idOf.tokenRules, {
        sets: sets.map((each, i) => ({ name: `set-${i}`, roles: {}, groups: {}, rules: [], ...each })),
      }),
    ])
  const roles = (user: string, given: readonly string[], groups: readonly string[] = []) =>
    world.apply({
      kind: 'User',
      organization: 'hmart',
      name: user,
      spec: {
        title: user,
        disabled: false,
        ...(given.length > 0 && { roles: [...given] }),
        ...(groups.length > 0 && { groups: [...groups] }),
      },
    })
  return { ...shop, publish, roles }
}

function rule(name: string, outcome: TokenOutcome, when?: string): PreparedRule {
  if (when === undefined) return { name, outcome }
  const parsed = parseCondition(when)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return { name, outcome, condition: parsed.value }
}

const staff = {
  roles: { warehouse_admin: ['list_items', 'order_item'], warehouse_staff: ['list_items'] },
} as const

/** The record of an answer, once it is kept. */
async function decisionOf(world: World, answer: TokenAnswer): Promise<Decision> {
  const id = answer.headers.get('portcullis-decision') ?? ''
  return expect
    .poll(() => world.events.get('hmart', id))
    .toBeDefined()
    .then(async () => {
      const found = await world.events.get('hmart', id)
      return found ?? expect.fail()
    })
}

describe('scopes by role', () => {
  it('are what the token carries: an administrator lists and orders, staff list', async () => {
    const { publish, roles, obtainCode, redeem, world } = await open()
    await publish(staff)
    await roles('ada', ['warehouse_admin'])
    expect((await redeem(await obtainCode())).body.scope).toBe('list_items order_item')
    await roles('ada', ['warehouse_staff'])
    const answer = await redeem(await obtainCode())
    expect(answer.body.scope).toBe('list_items')
    expect(decodeJwt(String(answer.body.access_token)).scope).toBe('list_items')
    expect(await decisionOf(world, answer)).toMatchObject({
      outcome: 'allowed',
      client: 'shop',
      subject: 'ada',
      environment: 'production',
      steps: [{ origin: 'TokenRules set-0', verdict: 'proceed', saw: { dropped: 'order_item' } }],
      token: { grant: 'authorization_code', asked: ['list_items', 'order_item'], given: ['list_items'] },
    })
  })

  it('go with the role at the next refresh, and come back with it', async () => {
    const { publish, roles, obtainCode, redeem, refresh } = await open()
    await publish(staff)
    await roles('ada', ['warehouse_admin'])
    const { body } = await redeem(await obtainCode())
    await roles('ada', ['warehouse_staff'])
    const less = await refresh(body.refresh_token)
    expect(less.body.scope).toBe('list_items')
    await roles('ada', ['warehouse_admin'])
    expect((await refresh(less.body.refresh_token)).body.scope).toBe('list_items order_item')
  })

  it('are refused by name of the decision where none is left, and the refresh token stays good', async () => {
    const { publish, roles, obtainCode, redeem, refresh, world } = await open()
    await publish(staff)
    await roles('ada', ['warehouse_admin'])
    const { body } = await redeem(await obtainCode())
    await roles('ada', [])
    const refused = await refresh(body.refresh_token)
    expect(refused).toMatchObject({
      status: 400,
      body: { error: 'access_denied', decision: refused.headers.get('portcullis-decision') },
    })
    expect(explainDecision(await decisionOf(world, refused)).join('\n')).toContain(
      'It was refused: status 400, because of token-rules.refused',
    )
    await roles('ada', ['warehouse_staff'])
    expect((await refresh(body.refresh_token)).status).toBe(200)
  })

  it('are for members of a group as well, and for apps that speak for themselves with a role of their own', async () => {
    const { publish, roles, obtainCode, redeem, world } = await open()
    await publish({ groups: { 'Head office': ['order_item'] }, apis: ['warehouse'] })
    await roles('ada', [], ['Head office'])
    expect((await redeem(await obtainCode())).body.scope).toBe('list_items order_item')
    await world.app('robot', { grants: ['client_credentials'] })
    await world.publish({ robot: [['warehouse', ['list_items', 'order_item']]] })
    const robot = { id: 'robot', secret: await world.credential('robot') }
    const wanted = { grant_type: 'client_credentials', scope: 'list_items order_item', resource: WAREHOUSE }
    expect((await requestToken(world, robot, wanted)).body.scope).toBe('list_items')
    await publish(staff, { rules: [rule('robots', { life: '1m' }, 'principal in Role::"warehouse_admin"')] })
    expect((await requestToken(world, robot, wanted)).body.error).toBe('access_denied')
    await world.app('robot', { grants: ['client_credentials'], roles: ['warehouse_admin'] })
    const { body } = await requestToken(world, robot, wanted)
    expect(body).toMatchObject({ scope: 'list_items order_item', expires_in: 60 })
  })
})

describe('rules in Cedar', () => {
  const office = `principal in Role::"warehouse_admin" && principal in Group::"Head office" && context.country == "DE"`

  it('ask who, for what and from where: role, head office and country at once', async () => {
    const countries: Record<string, string> = { '127.0.0.1': 'DE' }
    const { publish, roles, obtainCode, redeem } = await open({
      countries: { of: (address) => countries[address] },
    })
    await publish({ rules: [rule('orders-from-the-office', { dropScopes: ['order_item'] }, `!(${office})`)] })
    await roles('ada', ['warehouse_admin'], ['Head office'])
    expect((await redeem(await obtainCode())).body.scope).toBe('list_items order_item')
    countries['127.0.0.1'] = 'FR'
    expect((await redeem(await obtainCode())).body.scope).toBe('list_items')
    countries['127.0.0.1'] = 'DE'
    await roles('ada', ['warehouse_admin'])
    expect((await redeem(await obtainCode())).body.scope).toBe('list_items')
  })

  it('that have no answer refuse the token, and the record says why', async () => {
    const { publish, obtainCode, redeem, world } = await open({ countries: openMemoryCountries({}) })
    await publish({ rules: [rule('from-germany', { life: '1m' }, 'context.country == "DE"')] })
    const refused = await redeem(await obtainCode())
    expect(refused.body.error).toBe('access_denied')
    expect((await decisionOf(world, refused)).steps).toMatchObject([
      { verdict: 'refuse', saw: { rule: 'from-germany', error: expect.stringContaining('country') } },
    ])
  })

  it('add and drop claims, and shorten a life', async () => {
    const { publish, obtainCode, redeem } = await open()
    await publish({
      rules: [
        rule('a', { addClaims: { tier: 'gold', sizes: [1, 2] }, life: '2m' }),
        rule('b', { dropClaims: ['sizes'], life: '5m' }),
      ],
    })
    const { body } = await redeem(await obtainCode())
    const claims = decodeJwt(String(body.access_token))
    expect(claims).toMatchObject({ tier: 'gold' })
    expect(claims).not.toHaveProperty('sizes')
    expect(body.expires_in).toBe(120)
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(120)
  })

  it('demand that the user signs in anew, and say how', async () => {
    const { publish, obtainCode, redeem } = await open()
    const code = await obtainCode()
    await publish({ rules: [rule('strong', { stepUp: { acr: acrs.multiFactor, maxAge: '5m' } })] })
    expect(await redeem(code)).toMatchObject({
      status: 400,
      body: { error: 'insufficient_user_authentication', acr_values: acrs.multiFactor, max_age: 300 },
    })
    await publish({ rules: [rule('fresh', { stepUp: { acr: acrs.password, maxAge: '5m' } })] })
    expect((await redeem(await obtainCode())).status).toBe(200)
  })

  it('are told the risk, and an engine that does not answer gives no token', async () => {
    const risk = { now: 80 as number | undefined }
    const { publish, obtainCode, redeem } = await open({ risk: openMemoryRisk(() => risk.now) })
    await publish({ rules: [rule('suspicious', { refuse: 'this is too risky' }, 'context.risk > 50')] })
    expect((await redeem(await obtainCode())).body.error_description).toContain('this is too risky')
    risk.now = 20
    expect((await redeem(await obtainCode())).status).toBe(200)
    const code = await obtainCode()
    risk.now = undefined
    expect((await redeem(code)).status).toBe(503)
  })
})

describe('rules in TypeScript', () => {
  it('count like others, and refuse where they have failed', async () => {
    const answers: CustomAnswer[] = [
      { outcome: { dropScopes: ['order_item'], life: '1m' } },
      { failed: 'it hung' },
    ]
    const asked: TokenAsked[] = []
    const { publish, obtainCode, redeem, world } = await open({
      customRules: {
        ask: async (_, token) => {
          if (token.occasion === 'authorization') return { failed: 'it is too early to say' }
          asked.push(token)
          return answers.shift() ?? { outcome: {} }
        },
      },
    })
    await publish({ rules: [{ name: 'own', custom: 'own' }, rule('left', { life: '2m' })] })
    const answer = await redeem(await obtainCode())
    expect(answer.body).toMatchObject({ scope: 'list_items', expires_in: 60 })
    expect(asked[0]).toMatchObject({ app: 'shop', user: { name: 'ada' }, address: '127.0.0.1', risk: 0 })
    expect(JSON.stringify(asked)).not.toContain(String(answer.body.access_token))
    const refused = await redeem(await obtainCode())
    expect(refused.body.error).toBe('access_denied')
    expect((await decisionOf(world, refused)).steps[0]).toMatchObject({ saw: { error: 'it hung' } })
  })
})

describe('tokens that people must allow', () => {
  const approval = { roles: ['warehouse_owner'], count: 1, within: '1h' }
  const bigOrders = rule('orders', { approval }, 'context.scopes.contains("order_item")')
  const pickUp = (
    shop: Shop,
    { body }: TokenAnswer,
    changes: Readonly<Record<string, string>> = {},
    after = 6_000,
  ) => {
    shop.world.clock.advance(after)
    return requestToken(
      shop.world,
      { id: 'shop', secret: shop.secret },
      {
        grant_type: APPROVED_TOKEN,
        approval: String(body.approval),
        pick_up: String(body.pick_up),
        ...changes,
      },
    )
  }
  const openWithOwner = async () => {
    const shop = await open()
    await shop.publish({ rules: [bigOrders] })
    await shop.roles('grace', ['warehouse_owner'])
    const { world } = shop
    const decide = (id: unknown, verdict: 'approve' | 'refuse', user = 'grace') =>
      openApprovals(world).decide('hmart', String(id), user, { verdict, reason: 'seen' })
    return { ...shop, decide, asked: await shop.redeem(await shop.obtainCode()) }
  }

  it('are not issued, and the app is told what to ask for and how often', async () => {
    const { asked, world } = await openWithOwner()
    expect(asked).toMatchObject({
      status: 400,
      body: {
        error: 'authorization_pending',
        approval: expect.stringMatching(/^apr_/),
        pick_up: expect.any(String),
        interval: 5,
        expires_in: 3600,
      },
    })
    expect(await decisionOf(world, asked)).toMatchObject({
      code: 'token-rules.approval',
      token: { approval: asked.body.approval },
    })
    expect(JSON.stringify(await world.store.find(heldTokens, 'hmart'))).not.toContain(asked.body.pick_up)
  })

  it('are picked up once, after they were approved, with what was asked for', async () => {
    const shop = await openWithOwner()
    const { asked, decide } = shop
    expect((await pickUp(shop, asked)).body.error).toBe('authorization_pending')
    await decide(asked.body.approval, 'approve')
    const [one, other] = await Promise.all([pickUp(shop, asked), pickUp(shop, asked)])
    expect([one.status, other.status].toSorted()).toEqual([200, 400])
    const got = one.status === 200 ? one : other
    expect(got.body.refresh_token).toEqual(expect.any(String))
    expect(decodeJwt(String(got.body.access_token))).toMatchObject({
      sub: 'ada',
      client_id: 'shop',
      aud: WAREHOUSE,
      scope: 'list_items order_item',
      grant_id: expect.any(String),
      acr: acrs.password,
    })
    expect((await pickUp(shop, asked)).body.error).toBe('invalid_grant')
  })

  it('are asked for again too soon: slow down', async () => {
    const shop = await openWithOwner()
    expect((await pickUp(shop, shop.asked)).body.error).toBe('authorization_pending')
    expect((await pickUp(shop, shop.asked, {}, 1_000)).body.error).toBe('slow_down')
  })

  it('are refused and expire, and the app learns which', async () => {
    const shop = await openWithOwner()
    await shop.decide(shop.asked.body.approval, 'refuse')
    expect((await pickUp(shop, shop.asked)).body.error).toBe('access_denied')
    expect((await shop.redeem(await shop.obtainCode())).body.error).toBe('access_denied')
    shop.world.clock.advance(3_600_000)
    const again = await shop.redeem(await shop.obtainCode())
    expect(again.body.error).toBe('authorization_pending')
    shop.world.clock.advance(3_600_000)
    expect((await pickUp(shop, again)).body.error).toBe('expired_token')
  })

  it('are one request, however often they are asked for', async () => {
    const shop = await openWithOwner()
    const again = await shop.redeem(await shop.obtainCode(), {})
    expect(again.body.pick_up).not.toBe(shop.asked.body.pick_up)
    expect((await pickUp(shop, again)).body.error).toBe('authorization_pending')
  })

  it('are picked up by nobody else, and not with another code', async () => {
    const shop = await openWithOwner()
    await shop.decide(shop.asked.body.approval, 'approve')
    expect((await pickUp(shop, shop.asked, { pick_up: 'guessed' })).body.error).toBe('invalid_grant')
    const thief = { id: 'once', secret: await shop.world.credential('once') }
    const stolen = await requestToken(shop.world, thief, {
      grant_type: APPROVED_TOKEN,
      approval: String(shop.asked.body.approval),
      pick_up: String(shop.asked.body.pick_up),
    })
    expect(stolen.body.error).toBe('invalid_grant')
    expect((await pickUp(shop, shop.asked)).status).toBe(200)
  })

  it('end with the consent, and with a user who may not sign in any more', async () => {
    const shop = await openWithOwner()
    await shop.decide(shop.asked.body.approval, 'approve')
    await shop.world.user('ada', true)
    expect((await pickUp(shop, shop.asked)).body.error).toBe('invalid_grant')
  })

  it('end with what gave the app a claim to them: its subscription, and its grant', async () => {
    const shop = await openWithOwner()
    await shop.decide(shop.asked.body.approval, 'approve')
    await shop.subscribeAll(['list_items'])
    expect((await pickUp(shop, shop.asked)).body.error).toBe('invalid_scope')
    await shop.world.publish({})
    expect((await pickUp(shop, shop.asked)).body.error).toBe('invalid_target')
    await shop.subscribeAll()
    await shop.world.app('shop', { grants: ['client_credentials'] })
    expect((await pickUp(shop, shop.asked)).body.error).toBe('unauthorized_client')
  })

  it('of a refresh leave the refresh token as it is', async () => {
    const shop = await open()
    const { body } = await shop.redeem(await shop.obtainCode())
    await shop.publish({ rules: [bigOrders] })
    await shop.roles('grace', ['warehouse_owner'])
    const asked = await shop.refresh(body.refresh_token)
    expect(asked.body.error).toBe('authorization_pending')
    expect((await shop.refresh(body.refresh_token)).body.approval).toBe(asked.body.approval)
    const again = await shop.refresh(body.refresh_token)
    await openApprovals(shop.world).decide('hmart', String(again.body.approval), 'grace', {
      verdict: 'approve',
      reason: '',
    })
    expect((await pickUp(shop, again)).body.scope).toBe('list_items order_item')
    await shop.publish()
    expect((await shop.refresh(body.refresh_token)).status).toBe(200)
  })
})
