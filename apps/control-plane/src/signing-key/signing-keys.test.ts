import { signingKeySets } from '@portcullis/model/collection'
import { put } from '@portcullis/ports/store/port'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openServedSite, type ServedSite } from '../served-test-kit.ts'

let site: ServedSite

const key = { algorithm: 'ES256', publishedAt: 0, since: 0, sealed: 'nobody reads this' } as const

beforeEach(async () => {
  site = await openServedSite()
  const keys = [
    { ...key, kid: 'one', stage: 'current' as const },
    { ...key, kid: 'two', stage: 'next' as const },
  ]
  await site.store.commit([put(signingKeySets, 'hmart', 'ES256', { keys })])
})

afterEach(() => site.close())

const params = { organization: 'hmart' }
const stored = async () => (await site.store.get(signingKeySets, 'hmart', 'ES256'))?.value

describe('signing keys', () => {
  it('are listed without the keys', async () => {
    const { keys } = await site.clientWith('resources.read').listSigningKeys({ params })
    expect(keys.map(({ kid, stage }) => `${kid} ${stage}`)).toEqual(['one current', 'two next'])
    expect(JSON.stringify(keys)).not.toContain('nobody')
  })

  it('are asked for anew', async () => {
    await site.clientWith('resources.write').rotateSigningKeys({ params })
    expect((await stored())?.demandedAt).toBe(site.clock.now())
    expect((await stored())?.keys).toHaveLength(2)
  })

  it('are taken out one by one', async () => {
    const client = site.clientWith('resources.write')
    const { keys } = await client.removeSigningKey({ params: { ...params, kid: 'one' } })
    expect(keys.map(({ kid }) => kid)).toEqual(['two'])
    await expect(client.removeSigningKey({ params: { ...params, kid: 'one' } })).rejects.toMatchObject({
      code: 'signing-key.unknown',
      status: 404,
    })
  })

  it('are changed by nobody who may only read', async () => {
    const reader = site.clientWith('resources.read')
    await expect(reader.rotateSigningKeys({ params })).rejects.toMatchObject({ status: 403 })
    await expect(reader.removeSigningKey({ params: { ...params, kid: 'one' } })).rejects.toMatchObject({
      status: 403,
    })
    expect((await stored())?.keys).toHaveLength(2)
  })
})
