import { listEntitlements, withdrawEntitlement } from '@portcullis/api-client/route/entitlement'
import type { ControlPlane } from '../control-plane.ts'
import type { Mount } from './mount.ts'

export function handleEntitlements(mount: Mount, { entitlements }: ControlPlane): void {
  mount(listEntitlements, async (c) =>
    c.json({ entitlements: await entitlements.list(c.req.valid('param').organization) }, 200),
  )
  mount(withdrawEntitlement, async (c) => {
    const { organization, id } = c.req.valid('param')
    return c.json(await entitlements.withdraw(organization, id, c.get('actor')), 201)
  })
}
