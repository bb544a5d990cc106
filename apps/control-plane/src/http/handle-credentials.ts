import { listApiKeys } from '@portcullis/api-client/route/api-key'
import {
  inviteUser,
  issueCredential,
  listCredentials,
  removeSecondFactor,
  revokeCredential,
  setPassword,
} from '@portcullis/api-client/route/credential'
import { Duration } from '@portcullis/kernel/duration'
import { Secret } from '@portcullis/kernel/secret'
import type { ControlPlane } from '../control-plane.ts'
import type { Mount } from './mount.ts'

export function handleCredentials(mount: Mount, controlPlane: ControlPlane): void {
  mount(issueCredential, async (c) => {
    const { organization, app } = c.req.valid('param')
    const { kind, expiresIn } = c.req.valid('json')
    const { credential, secret } = await controlPlane.issueCredential(organization, app, {
      actor: c.get('actor'),
      kind,
      ...(expiresIn !== undefined && { expiresIn: Duration.parse(expiresIn) }),
    })
    c.header('cache-control', 'no-store')
    return c.json({ credential, secret: secret.reveal() }, 201)
  })
  mount(listCredentials, async (c) => {
    const { organization, app } = c.req.valid('param')
    return c.json({ credentials: await controlPlane.listCredentials(organization, app) }, 200)
  })
  mount(revokeCredential, async (c) => {
    const { organization, app, credential: id } = c.req.valid('param')
    const credential = await controlPlane.revokeCredential(organization, app, id, { actor: c.get('actor') })
    return c.json({ credential }, 200)
  })
  mount(setPassword, async (c) => {
    const { organization, user } = c.req.valid('param')
    const password = new Secret(c.req.valid('json').password)
    await controlPlane.setPassword(organization, user, password, { actor: c.get('actor') })
    return c.body(null, 204)
  })
  mount(inviteUser, async (c) => {
    const { organization, user } = c.req.valid('param')
    await controlPlane.inviteUser(organization, user, { actor: c.get('actor') })
    return c.body(null, 204)
  })
  mount(removeSecondFactor, async (c) => {
    const { organization, user } = c.req.valid('param')
    await controlPlane.removeSecondFactor(organization, user, { actor: c.get('actor') })
    return c.body(null, 204)
  })
  mount(listApiKeys, async (c) => c.json(await controlPlane.apiKeys(c.req.valid('query').after), 200))
}
