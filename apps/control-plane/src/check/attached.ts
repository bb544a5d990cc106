import type { AttachmentDeclaration } from '@portcullis/model/attachment'
import type { Resource, ResourceOf } from '@portcullis/model/resource/resource'
import type { Landscape } from '../state/landscape.ts'

/** The policies of one place: a resource, an API version or an operation. */
export interface Attached {
  readonly resource: Resource
  /** Keys that lead to the list. */
  readonly at: readonly PropertyKey[]
  /** Of an API: the version, and the operation where it is one alone. */
  readonly version?: string
  readonly operation?: string
  readonly attachments: readonly AttachmentDeclaration[]
}

/** Every place at which policies are attached. */
export function attachedIn(landscape: Landscape): Attached[] {
  return landscape.resources.flatMap(attachmentsOf)
}

/** Every place of a resource at which policies are attached. */
export function attachmentsOf(resource: Resource): Attached[] {
  switch (resource.kind) {
    case 'GatewayGroup':
    case 'Environment':
    case 'Product':
    case 'Plan':
      return [{ resource, at: ['spec', 'policies'], attachments: resource.spec.policies }]
    case 'Api':
      return attachedToApi(resource)
    default:
      return []
  }
}

function attachedToApi(resource: ResourceOf<'Api'>): Attached[] {
  return Object.entries(resource.spec.versions).flatMap(([version, spec]) => [
    { resource, at: ['spec', 'versions', version, 'policies'], version, attachments: spec.policies },
    ...Object.entries(spec.operations).map(([operation, { policies }]) => {
      const at = ['spec', 'versions', version, 'operations', operation, 'policies']
      return { resource, at, version, operation, attachments: policies }
    }),
  ])
}
