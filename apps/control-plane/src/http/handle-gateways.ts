import {
  acknowledgeRevision,
  checkPassword,
  fetchRevision,
  fetchRevisionKey,
  listEnvironments,
  listGateways,
  reportDecisions,
  watchChanges,
} from '@portcullis/api-client/route/gateway'
import { Secret } from '@portcullis/kernel/secret'
import { SYSTEM } from '@portcullis/model/collection'
import { unpackDecisions } from '@portcullis/model/decision/decision-batch'
import type { ControlPlane } from '../control-plane.ts'
import { publishedFaults } from '../gateway/fault.ts'
import type { EventStreams } from './event-streams.ts'
import type { Mount } from './mount.ts'

/** A thousand decision records with every step that a call can have. */
const MAX_DECISIONS_BODY = { maxBodyBytes: 16 * 1024 * 1024 }

export function handleGateways(mount: Mount, controlPlane: ControlPlane, streams: EventStreams): void {
  mount(listEnvironments, async (c) => c.json({ environments: await controlPlane.environments() }, 200))
  mount(fetchRevision, async (c) => {
    const { organization, environment } = c.req.valid('param')
    // The installation's own environment is guarded by the control plane itself.
    if (organization === SYSTEM) throw publishedFaults['unknown-environment']()
    const { number, jws } = await controlPlane.signedRevision(organization, environment)
    const tag = `"${number}"`
    c.header('etag', tag)
    c.header('cache-control', 'no-cache')
    if (isNamed(c.req.valid('header')['if-none-match'], tag)) return c.body(null, 304)
    return c.json({ number, jws }, 200)
  })
  mount(fetchRevisionKey, (c) => c.json(controlPlane.revisionKey(), 200))
  mount(watchChanges, (c) => streams.respond(c))
  mount(acknowledgeRevision, async (c) => {
    await controlPlane.acknowledge(c.req.valid('json'))
    return c.body(null, 204)
  })
  mount(
    reportDecisions,
    async (c) => {
      await controlPlane.report(c.req.valid('json').flatMap(unpackDecisions))
      return c.body(null, 204)
    },
    MAX_DECISIONS_BODY,
  )
  mount(checkPassword, async (c) => {
    const { password, ...attempt } = c.req.valid('json')
    return c.json(await controlPlane.checkPassword({ ...attempt, password: new Secret(password) }), 200)
  })
  mount(listGateways, async (c) => c.json({ gateways: await controlPlane.gateways() }, 200))
}

/** Weak comparison, as RFC 9110 §13.1.2 demands for If-None-Match. */
function isNamed(field: string | undefined, tag: string): boolean {
  const tags = field?.split(',').map((each) => each.trim().replace(/^W\//, '')) ?? []
  return tags.includes(tag) || tags.includes('*')
}
