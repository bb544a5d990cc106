import type { Catalog } from '@portcullis/policy-kit/policy'
import { lateCatalog } from './late-catalog.ts'

/** Every policy there is, loaded. */
export const catalog: Catalog = await Promise.all(lateCatalog.map((each) => each.load()))
