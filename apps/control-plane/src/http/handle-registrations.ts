import { askStatement, giveLeave, issueStatement } from '@portcullis/api-client/route/registration'
import { Duration } from '@portcullis/kernel/duration'
import type { ControlPlane } from '../control-plane.ts'
import type { Mount } from './mount.ts'

export function handleRegistrations(mount: Mount, { registrations }: ControlPlane): void {
  mount(giveLeave, async (c) => {
    const { organization } = c.req.valid('param')
    const { stage, expiresIn } = c.req.valid('json')
    const token = await registrations.give(organization, stage, Duration.parse(expiresIn), c.get('actor'))
    return c.json({ token: token.reveal() }, 201)
  })
  mount(askStatement, async (c) => {
    const { organization } = c.req.valid('param')
    const { claims, for: user } = c.req.valid('json')
    const asked = await registrations.ask(organization, claims, { actor: c.get('actor'), user })
    return c.json(asked, 201)
  })
  mount(issueStatement, async (c) => {
    const { organization, id } = c.req.valid('param')
    return c.json(await registrations.issue(organization, id, c.get('actor')), 201)
  })
}
