import {
  listSigningKeys,
  removeSigningKey,
  rotateSigningKeys,
} from '@portcullis/api-client/route/signing-key'
import type { ControlPlane } from '../control-plane.ts'
import type { Mount } from './mount.ts'

export function handleSigningKeys(mount: Mount, { signingKeys }: ControlPlane): void {
  mount(listSigningKeys, async (c) =>
    c.json({ keys: await signingKeys.list(c.req.valid('param').organization) }, 200),
  )
  mount(rotateSigningKeys, async (c) =>
    c.json({ keys: await signingKeys.rotate(c.req.valid('param').organization, c.get('actor')) }, 201),
  )
  mount(removeSigningKey, async (c) => {
    const { organization, kid } = c.req.valid('param')
    return c.json({ keys: await signingKeys.remove(organization, kid, c.get('actor')) }, 200)
  })
}
