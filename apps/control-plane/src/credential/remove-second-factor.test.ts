import { secondFactors } from '@portcullis/model/collection'
import { put } from '@portcullis/ports/store/port'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openServedSite, type ServedSite } from '../served-test-kit.ts'

let site: ServedSite

beforeEach(async () => {
  site = await openServedSite()
  const value = { sealed: 'x', confirmedAt: '2026-01-01T00:00:00Z', usedStep: 1, recovery: [] }
  await site.store.commit([put(secondFactors, 'hmart', 'ada', value)])
})

afterEach(() => site.close())

const params = { organization: 'hmart', user: 'ada' }

describe('the second factor of a user', () => {
  it('is removed, once', async () => {
    const client = site.clientWith('resources.write')
    await client.removeSecondFactor({ params })
    expect(await site.store.get(secondFactors, 'hmart', 'ada')).toBeUndefined()
    await expect(client.removeSecondFactor({ params })).rejects.toMatchObject({
      status: 404,
      code: 'credential.no-second-factor',
    })
  })

  it('is removed by nobody who may only read', async () => {
    const reader = site.clientWith('resources.read')
    await expect(reader.removeSecondFactor({ params })).rejects.toMatchObject({ status: 403 })
    expect(await site.store.get(secondFactors, 'hmart', 'ada')).toBeDefined()
  })
})
