import { applyBundle, diffBundle, exportBundle, validateBundle } from '@portcullis/api-client/route/bundle'
import { MAX_BUNDLE_BYTES } from '../bundle/bundle.ts'
import type { ControlPlane } from '../control-plane.ts'
import type { Mount } from './mount.ts'

/** Quoting a text as JSON makes it longer; what is in it is counted afterwards. */
export const MAX_BUNDLE_BODY = { maxBodyBytes: MAX_BUNDLE_BYTES * 1.5 }

export function handleBundles(mount: Mount, controlPlane: ControlPlane): void {
  mount(
    validateBundle,
    async (c) => c.json({ findings: await controlPlane.validate(c.req.valid('json').files) }, 200),
    MAX_BUNDLE_BODY,
  )
  mount(
    diffBundle,
    async (c) => {
      const { files, prune = false } = c.req.valid('json')
      return c.json(await controlPlane.diff(files, { prune }), 200)
    },
    MAX_BUNDLE_BODY,
  )
  mount(
    applyBundle,
    async (c) => {
      const { files, prune = false } = c.req.valid('json')
      return c.json(await controlPlane.apply(files, { prune, actor: c.get('actor') }), 200)
    },
    MAX_BUNDLE_BODY,
  )
  mount(exportBundle, async (c) => {
    return c.json({ files: await controlPlane.exportFiles(c.req.valid('query').organization) }, 200)
  })
}
