import type { FaultKind } from '@portcullis/kernel/fault'
import { pointer } from '@portcullis/kernel/schema'
import { type Finding, findingOf } from '@portcullis/model/finding/finding'
import { type Resource, resourceId } from '@portcullis/model/resource/resource'
import type { Catalog } from '@portcullis/policy-kit/policy'
import type { Landscape } from '../state/landscape.ts'

/** One rule about the whole of a next state: everything that breaks it. `now` is in milliseconds. */
export type Check = (landscape: Landscape, catalog: Catalog, now: number) => Finding[]

/** A finding about a value of a resource, which its keys or a JSON Pointer lead to. */
export function found(
  landscape: Landscape,
  resource: Resource,
  at: readonly PropertyKey[] | string,
  kind: FaultKind,
  detail: string,
  remedy: string = kind.remedy,
): Finding {
  const place = landscape.place(resource, typeof at === 'string' ? at : pointer(at))
  const whose = place.file === undefined ? `${resourceId(resource)}: ` : ''
  return findingOf(kind({ detail: whose + detail, place, remedy }))
}

export function warning(...args: Parameters<typeof found>): Finding {
  return { ...found(...args), severity: 'warning' }
}
