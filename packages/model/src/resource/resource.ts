import { name, z } from '@portcullis/kernel/schema'
import { addressListSpec } from './address-list.ts'
import { apiSpec } from './api.ts'
import { appSpec } from './app.ts'
import { environmentSpec } from './environment.ts'
import { gatewayGroupSpec } from './gateway-group.ts'
import { identityProviderSpec } from './identity-provider/identity-provider.ts'
import { organizationSpec } from './organization.ts'
import { planSpec } from './plan.ts'
import { policySetSpec } from './policy-set.ts'
import { productSpec } from './product.ts'
import { subscriptionSpec } from './subscription.ts'
import { tokenRulesSpec } from './token-rules.ts'
import { userSpec } from './user.ts'

/**
 * Every kind of resource, in the order in which they are read, compared and exported: what a kind refers to
 * comes before it.
 */
export const specs = {
  Organization: organizationSpec,
  Environment: environmentSpec,
  GatewayGroup: gatewayGroupSpec,
  AddressList: addressListSpec,
  Api: apiSpec,
  PolicySet: policySetSpec,
  TokenRules: tokenRulesSpec,
  Product: productSpec,
  Plan: planSpec,
  IdentityProvider: identityProviderSpec,
  App: appSpec,
  Subscription: subscriptionSpec,
  User: userSpec,
} as const

export type Kind = keyof typeof specs
export const kinds = Object.keys(specs) as Kind[]
export type Spec<K extends Kind> = z.infer<(typeof specs)[K]>

/** A resource as it is declared, stored, compared and exported. An organization belongs to itself. */
export interface ResourceOf<K extends Kind> {
  readonly kind: K
  readonly organization: string
  readonly name: string
  readonly spec: Spec<K>
}
export type Resource = { [K in Kind]: ResourceOf<K> }[Kind]

/** The outer form of a declaration; the spec is then checked by the schema of its kind. */
export const declaration = z.strictObject({
  kind: z.enum(kinds as [Kind, ...Kind[]]),
  organization: name(),
  name: name(),
  spec: z.record(z.string(), z.unknown()),
})

/** Identity within the installation, and the way a message names a resource: `hmart/Api/warehouse`. */
export function resourceId(resource: Pick<Resource, 'kind' | 'organization' | 'name'>): string {
  return `${resource.organization}/${resource.kind}/${resource.name}`
}
