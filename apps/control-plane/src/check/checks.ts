import type { Finding } from '@portcullis/model/finding/finding'
import type { Catalog } from '@portcullis/policy-kit/policy'
import type { Landscape } from '../state/landscape.ts'
import type { Check } from './check.ts'
import { checkAddressLists } from './check-address-lists.ts'
import { checkAttachments } from './check-attachments.ts'
import { checkBasePaths } from './check-base-paths.ts'
import { checkCertificates } from './check-certificates.ts'
import { checkDetailTypes } from './check-detail-types.ts'
import { checkGrants } from './check-grants.ts'
import { checkHosts } from './check-hosts.ts'
import { checkIdentityProviders } from './check-identity-providers.ts'
import { checkOperations } from './check-operations.ts'
import { checkOrganizations } from './check-organizations.ts'
import { checkPolicySets } from './check-policy-sets.ts'
import { checkReferences } from './check-references.ts'
import { checkRegistrations } from './check-registrations.ts'
import { checkSchemes } from './check-schemes.ts'
import { checkScopes } from './check-scopes.ts'
import { checkStages } from './check-stages.ts'
import { checkTokenRules } from './check-token-rules.ts'
import { warnOfDangers } from './warn-of-dangers.ts'

/** Everything that must hold of what is declared, and then what had better hold. */
const checks: readonly Check[] = [
  checkOrganizations, // everything belongs to an organization that exists
  checkReferences, //    what is named exists, and is not being removed
  checkScopes, //        subscriptions offer only scopes of their product's contracts
  checkAddressLists, //  addresses and ranges can be read
  checkAttachments, //   policies are known, configured as they demand, and where they may be
  checkPolicySets, //    Cedar policies can be read, and name only what there is
  checkTokenRules, //    their conditions can be read, and name only what there is
  checkOperations, //    policies of operations are for operations that exist
  checkSchemes, //       every demanded identity can be established
  checkHosts, //         a host leads to one environment
  checkBasePaths, //     a path leads to one API version
  checkStages, //        no token is good in two environments, and production rests on no sandbox
  checkGrants, //        apps have what their grants need
  checkDetailTypes, //   what is asked for beyond scopes can be checked
  checkRegistrations, // what registered itself stays within its software statement
  checkCertificates, //  certificates can be read, and are valid now
  checkIdentityProviders, // what they tell of themselves can be read
  warnOfDangers, //      allowed, but dangerous
]

export function checkAll(landscape: Landscape, catalog: Catalog, now: number): Finding[] {
  return checks.flatMap((check) => check(landscape, catalog, now))
}
