import {
  getResource,
  listResources,
  putResource,
  removeResource,
} from '@portcullis/api-client/route/resource'
import type { JsonObject } from '@portcullis/kernel/json'
import type { Resource } from '@portcullis/model/resource/resource'
import type { ControlPlane } from '../control-plane.ts'
import { MAX_BUNDLE_BODY } from './handle-bundles.ts'
import type { Mount } from './mount.ts'

export function handleResources(mount: Mount, { resources }: ControlPlane): void {
  mount(listResources, async (c) => {
    const { organization } = c.req.valid('param')
    const found = await resources.list(organization, c.req.valid('query').kind)
    return c.json({ resources: found.map(plain) }, 200)
  })
  mount(getResource, async (c) => {
    const { value, version } = await resources.get(c.req.valid('param'))
    return c.json({ resource: plain(value), version }, 200)
  })
  mount(
    putResource,
    async (c) => {
      const { spec, files = {}, version } = c.req.valid('json')
      const how = { actor: c.get('actor'), files, ...(version !== undefined && { version }) }
      return c.json(await resources.put({ ...c.req.valid('param'), spec }, how), 200)
    },
    MAX_BUNDLE_BODY,
  )
  mount(removeResource, async (c) => {
    return c.json(await resources.remove(c.req.valid('param'), { actor: c.get('actor') }), 200)
  })
}

/** As it is stored: a spec is plain JSON, which the types of its schema do not say. */
function plain({ kind, organization, name, spec }: Resource) {
  return { kind, organization, name, spec: spec as unknown as JsonObject }
}
