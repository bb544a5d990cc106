import { defaultLifetimes } from '@portcullis/oauth/lifetime'
import { manualClock } from '@portcullis/ports/clock/memory'
import { openMemoryStore } from '@portcullis/ports/store/memory'
import { describe, expect, it } from 'vitest'
import { type Model, oidcCollections } from './collection.ts'
import { revokerOf } from './revoker.ts'
import { StoreAdapter } from './store-adapter.ts'

function openAdapters() {
  const clock = manualClock()
  const store = openMemoryStore(clock)
  const issuer = new URL('https://auth.example/hmart')
  const revoker = revokerOf({
    ...{ store, clock, issuer, lifetimes: defaultLifetimes },
    standsFor: () => Promise.resolve(undefined),
  })
  const adapter = (model: Model, organization = 'hmart', request?: object) =>
    new StoreAdapter(oidcCollections[model], { store, clock, organization, revoker, request: () => request })
  return { clock, store, adapter }
}

describe('the store adapter', () => {
  it('spends a token once, however many spend it at the same moment, and then revokes its family', async () => {
    const { adapter } = openAdapters()
    const [tokens, codes, grants] = [adapter('RefreshToken'), adapter('AuthorizationCode'), adapter('Grant')]
    await grants.upsert('grant-1', { accountId: 'ada' }, 60)
    await codes.upsert('code', { grantId: 'grant-1' }, 60)
    await tokens.upsert('token', { grantId: 'grant-1' }, 60)
    await tokens.upsert('token of another grant', { grantId: 'grant-2' }, 60)
    const spent = await Promise.allSettled(Array.from({ length: 10 }, () => tokens.consume('token')))
    expect(spent.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const each of spent) {
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ error: 'invalid_grant' })
    }
    expect(await grants.find('grant-1')).toBeUndefined()
    expect(await codes.find('code')).toBeUndefined()
    expect(await tokens.find('token')).toBeUndefined()
    expect(await tokens.find('token of another grant')).toBeDefined()
  })

  it('revokes the family of a token that was spent before', async () => {
    const { adapter } = openAdapters()
    const [tokens, grants] = [adapter('RefreshToken'), adapter('Grant')]
    await grants.upsert('grant-1', { accountId: 'ada' }, 60)
    await tokens.upsert('token', { grantId: 'grant-1' }, 60)
    await tokens.consume('token')
    expect(await tokens.find('token')).toMatchObject({ consumed: expect.any(Number) })
    await expect(tokens.consume('token')).rejects.toMatchObject({ error: 'invalid_grant' })
    expect(await grants.find('grant-1')).toBeUndefined()
    await expect(tokens.consume('token')).rejects.toMatchObject({ error: 'invalid_grant' })
  })

  it('spends a refresh token in the moment in which the next one is kept, and of two that follow it keeps one', async () => {
    const { adapter } = openAdapters()
    const [tokens, grants] = [adapter('RefreshToken'), adapter('Grant')]
    const [one, other] = [adapter('RefreshToken', 'hmart', {}), adapter('RefreshToken', 'hmart', {})]
    await grants.upsert('grant-1', { accountId: 'ada' }, 60)
    await tokens.upsert('token', { grantId: 'grant-1' }, 60)
    for (const each of [one, other]) await each.consume('token')
    expect(await tokens.find('token')).not.toHaveProperty('consumed')
    await one.upsert('next', { grantId: 'grant-1' }, 60)
    expect(await tokens.find('token')).toHaveProperty('consumed')
    expect(await tokens.find('next')).toBeDefined()
    await expect(other.upsert('another', { grantId: 'grant-1' }, 60)).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    expect(await tokens.find('another')).toBeUndefined()
    expect(await grants.find('grant-1')).toBeUndefined()
  })

  it('keeps a spent token until it would have expired, so that its reuse is noticed', async () => {
    const { adapter, clock } = openAdapters()
    const tokens = adapter('RefreshToken')
    await tokens.upsert('token', { grantId: 'grant-1' }, 60)
    await tokens.consume('token')
    clock.advance(59_999)
    expect(await tokens.find('token')).toBeDefined()
    clock.advance(1)
    expect(await tokens.find('token')).toBeUndefined()
  })

  it('keeps nothing from which a token, a code or a session cookie can be read', async () => {
    const { adapter, store } = openAdapters()
    const session = { accountId: 'ada', uid: 'uid-1', cookie: 'the-cookie' }
    await adapter('Interaction').upsert('the-id', { jti: 'the-id', session }, 60)
    const stored = JSON.stringify(await store.find(oidcCollections.Interaction, 'hmart'))
    expect(stored).not.toContain('the-')
    expect(await adapter('Interaction').find('the-id')).toMatchObject({
      jti: 'the-id',
      session: { accountId: 'ada' },
    })
  })

  it('finds a session by its uid, and none of another organization', async () => {
    const { adapter } = openAdapters()
    await adapter('Session').upsert('id', { uid: 'uid-1', accountId: 'ada' }, 60)
    expect(await adapter('Session').findByUid('uid-1')).toMatchObject({ accountId: 'ada' })
    expect(await adapter('Session', 'acme').findByUid('uid-1')).toBeUndefined()
    expect(await adapter('Session', 'acme').find('id')).toBeUndefined()
    await adapter('Session').destroy('id')
    expect(await adapter('Session').find('id')).toBeUndefined()
  })
})
