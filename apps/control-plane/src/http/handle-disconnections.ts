import { disconnectCalls, listDisconnections } from '@portcullis/api-client/route/disconnection'
import type { ControlPlane } from '../control-plane.ts'
import type { Mount } from './mount.ts'

export function handleDisconnections(mount: Mount, { disconnections }: ControlPlane): void {
  mount(disconnectCalls, async (c) => {
    const { organization } = c.req.valid('param')
    const actor = c.get('actor')
    return c.json(
      { position: await disconnections.disconnect(organization, c.req.valid('json'), { actor }) },
      201,
    )
  })
  mount(listDisconnections, async (c) => c.json(await disconnections.list(c.req.valid('query').after), 200))
}
