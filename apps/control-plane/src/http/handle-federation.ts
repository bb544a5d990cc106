import {
  listAccountLinks,
  listFederatedUsers,
  removeFederatedUser,
  unlinkAccount,
} from '@portcullis/api-client/route/federation'
import type { ControlPlane } from '../control-plane.ts'
import type { Mount } from './mount.ts'

export function handleFederation(mount: Mount, { federatedAccounts }: ControlPlane): void {
  mount(listFederatedUsers, async (c) =>
    c.json({ users: await federatedAccounts.list(c.req.valid('param').organization) }, 200),
  )
  mount(removeFederatedUser, async (c) => {
    const { organization, user } = c.req.valid('param')
    return c.json(await federatedAccounts.remove(organization, user, c.get('actor')), 200)
  })
  mount(listAccountLinks, async (c) => {
    const { organization, user } = c.req.valid('param')
    return c.json({ links: await federatedAccounts.links(organization, user) }, 200)
  })
  mount(unlinkAccount, async (c) => {
    const { organization, link } = c.req.valid('param')
    return c.json(await federatedAccounts.unlink(organization, link, c.get('actor')), 200)
  })
}
