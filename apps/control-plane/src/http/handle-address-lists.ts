import { listAddressLists } from '@portcullis/api-client/route/address-list'
import type { ControlPlane } from '../control-plane.ts'
import type { Mount } from './mount.ts'

export function handleAddressLists(mount: Mount, controlPlane: ControlPlane): void {
  mount(listAddressLists, async (c) => {
    const addressLists = await controlPlane.addressLists.list(c.req.valid('param').organization)
    return c.json({ addressLists }, 200)
  })
}
