import {
  acknowledgeRevocations,
  getRevocation,
  listRevocations,
  revokeTokens,
} from '@portcullis/api-client/route/revocation'
import type { ControlPlane } from '../control-plane.ts'
import type { Mount } from './mount.ts'

/** A thousand whole tokens. */
const MAX_REVOKED_BODY = { maxBodyBytes: 17 * 1024 * 1024 }

export function handleRevocations(mount: Mount, { revocations }: ControlPlane): void {
  mount(
    revokeTokens,
    async (c) => {
      const { organization } = c.req.valid('param')
      const wanted = c.req.valid('json').revocations
      return c.json(
        { position: await revocations.revoke(organization, wanted, { actor: c.get('actor') }) },
        201,
      )
    },
    MAX_REVOKED_BODY,
  )
  mount(getRevocation, async (c) =>
    c.json(await revocations.spread(Number(c.req.valid('param').position)), 200),
  )
  mount(listRevocations, async (c) => c.json(await revocations.list(c.req.valid('query').after), 200))
  mount(acknowledgeRevocations, async (c) => {
    await revocations.acknowledge(c.req.valid('json'))
    return c.body(null, 204)
  })
}
