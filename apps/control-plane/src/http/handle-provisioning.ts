import {
  issueProvisioningToken,
  listProvisioningTokens,
  revokeProvisioningToken,
} from '@portcullis/api-client/route/provisioning'
import type { ControlPlane } from '../control-plane.ts'
import type { Mount } from './mount.ts'

export function handleProvisioning(mount: Mount, { provisioningTokens }: ControlPlane): void {
  mount(issueProvisioningToken, async (c) => {
    const { organization } = c.req.valid('param')
    const { id, token } = await provisioningTokens.issue(organization, c.get('actor'))
    c.header('cache-control', 'no-store')
    return c.json({ id, token: token.reveal() }, 201)
  })
  mount(listProvisioningTokens, async (c) => {
    const { organization } = c.req.valid('param')
    return c.json({ tokens: await provisioningTokens.list(organization) }, 200)
  })
  mount(revokeProvisioningToken, async (c) => {
    const { organization, token } = c.req.valid('param')
    await provisioningTokens.revoke(organization, token, c.get('actor'))
    return c.body(null, 204)
  })
}
