import { z } from '@portcullis/kernel/schema'
import { requires } from '../scope.ts'
import { json, refusal } from './answer.ts'
import { createRoute } from './create-route.ts'
import { inOrganization } from './place.ts'

/** How a list is that others keep. */
export const addressListView = z.strictObject({
  name: z.string(),
  url: z.string(),
  /** Absent where it was never fetched: policies that name it let nobody in. */
  entries: z.int().optional(),
  fetchedAt: z.iso.datetime().optional(),
  /** Why it could not be fetched the last time; the entries that were fetched before count. */
  failure: z.string().optional(),
  isStale: z.boolean(),
})
export type AddressListView = z.infer<typeof addressListView>

export const listAddressLists = createRoute({
  operationId: 'listAddressLists',
  method: 'get',
  path: '/organizations/{organization}/address-lists',
  summary: 'The address lists that are fetched: when that was, and what went wrong',
  security: requires('resources.read'),
  request: { params: inOrganization },
  responses: {
    200: json('By name', z.strictObject({ addressLists: z.array(addressListView) })),
    default: refusal,
  },
})
