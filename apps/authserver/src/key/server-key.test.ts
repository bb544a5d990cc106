import { Secret } from '@portcullis/kernel/secret'
import { describe, expect, it } from 'vitest'
import { openWorld } from '../test-kit.ts'
import { openServerKeys, serverKeys } from './server-key.ts'

describe('the keys of an organization', () => {
  it('are one set, however many processes make them at once', async () => {
    const world = await openWorld()
    const all = await Promise.all(Array.from({ length: 5 }, () => openServerKeys(world, 'new')))
    expect(new Set(all.map(({ cookie }) => cookie.reveal())).size).toBe(1)
    expect(new Set(all.map(({ form }) => form.reveal())).size).toBe(1)
    await world.close()
  })

  it('are sealed where they are stored, and open for no other organization', async () => {
    const world = await openWorld()
    await openServerKeys(world, 'hmart')
    const [stored] = await world.store.find(serverKeys, 'hmart')
    const sealed = stored?.value.sealed ?? ''
    await expect(world.secrets.open(sealed, 'acme/authserver-key/browser')).rejects.toMatchObject({
      code: 'secrets.unreadable',
    })
    expect(await world.secrets.open(sealed, 'hmart/authserver-key/browser')).toBeInstanceOf(Secret)
    await world.close()
  })
})
