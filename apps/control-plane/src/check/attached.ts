import type { Attachment } from '@portcullis/model/attachment'
import type { Resource } from '@portcullis/model/resource/resource'
import type { Landscape } from '../state/landscape.ts'

/** The policies of one place: a resource, an API version or an operation. */
export interface Attached {
  readonly resource: Resource
  /** Keys that lead to the list. */
  readonly at: readonly PropertyKey[]
  readonly attachments: readonly Attachment[]
}

/** Every place at which policies are attached. */
export function attachedIn(landscape: Landscape): Attached[] {
  return [
    ...[
      ...landscape.of('GatewayGroup'),
      ...landscape.of('Environment'),
      ...landscape.of('Product'),
      ...landscape.of('Plan'),
    ].map((resource) => {
      return { resource, at: ['spec', 'policies'], attachments: resource.spec.policies }
    }),
    ...landscape.of('Api').flatMap((resource) =>
      Object.entries(resource.spec.versions).flatMap(([version, spec]) => [
        { resource, at: ['spec', 'versions', version, 'policies'], attachments: spec.policies },
        ...Object.entries(spec.operations).map(([operation, { policies }]) => {
          const at = ['spec', 'versions', version, 'operations', operation, 'policies']
          return { resource, at, attachments: policies }
        }),
      ]),
    ),
  ]
}
