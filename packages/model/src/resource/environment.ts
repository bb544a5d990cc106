import { httpUrl, name, z } from '@portcullis/kernel/schema'
import { attachmentDeclarations } from '../attachment.ts'
import { stage } from './stage.ts'

/** A place where API versions are deployed: sandbox, production … */
export const environmentSpec = z.strictObject({
  title: z.string().min(1).max(200),
  stage: stage.default('production'),
  /** Where callers find it. Audiences of its APIs are below this URL. */
  url: httpUrl(),
  /** Host names it answers to at a gateway, without port; `*` answers to any. A host belongs to one environment of the installation; without hosts no gateway serves it. */
  hosts: z.array(z.string().min(1).max(253)).max(64).default([]),
  /** Environments whose tokens are good here too, and the other way round. Without it no two share an audience. */
  sharesAudiencesWith: z.array(name()).min(1).max(64).optional(),
  policies: attachmentDeclarations,
})
export type EnvironmentSpec = z.infer<typeof environmentSpec>

/** Whether one of two environments says that tokens of either are good in both. */
export function mayShareAudiences(one: NamedEnvironment, other: NamedEnvironment): boolean {
  return names(one, other) || names(other, one)
}

interface NamedEnvironment {
  readonly name: string
  readonly spec: Pick<EnvironmentSpec, 'sharesAudiencesWith'>
}

function names({ spec }: NamedEnvironment, { name }: NamedEnvironment): boolean {
  return spec.sharesAudiencesWith?.includes(name) === true
}
