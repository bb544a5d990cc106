import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { Security, SecurityScheme } from '@portcullis/model/security'
import type { OperationPlace, PolicyContract } from '@portcullis/policy-kit/policy'
import { schemeNamed } from '../requirement.ts'

const config = z.strictObject({})
export type ScopeConfig = z.infer<typeof config>

/** What the contract demands for an operation. */
export interface ScopeFacts {
  readonly security: Security
  /** The schemes that the requirement mentions, by name. */
  readonly schemes: ReadonlyMap<string, SecurityScheme>
  readonly audience: string
}

export const scopeFaults = defineFaults('scope', {
  'no-credentials': {
    status: 401,
    title: 'This operation wants to know who calls',
    remedy: 'Fetch a token from the authorization server and send it: Authorization: Bearer TOKEN.',
  },
  'other-credentials': {
    status: 401,
    title: 'This operation wants credentials of another kind',
    remedy: 'Send the credentials that the API’s contract names for this operation.',
  },
  'different-callers': {
    status: 403,
    title: 'The credentials are of different callers',
    remedy: 'Send credentials of one app, and of one user.',
  },
  insufficient: {
    status: 403,
    title: 'The token does not carry the scopes that this operation needs',
    remedy: 'Ask the authorization server for a token with the scopes in WWW-Authenticate.',
  },
})

export const scopeContract: PolicyContract<ScopeConfig, ScopeFacts> = {
  id: 'scope',
  summary: 'Lets a call pass only when it carries what the contract demands for the operation.',
  phase: 'authorize',
  stacking: 'nearest',
  config,
  faults: scopeFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  derive: demandOf,
}

/** `security: []` demands nothing; there is nothing to decide. */
function demandOf({ api, operation }: OperationPlace): ScopeFacts | undefined {
  if (operation.security.length === 0) return undefined
  const schemes = new Map<string, SecurityScheme>()
  for (const name of operation.security.flatMap((alternative) => Object.keys(alternative))) {
    const scheme = schemeNamed(api.schemes, name)
    if (scheme !== undefined) schemes.set(name, scheme)
  }
  return { security: operation.security, schemes, audience: api.audience }
}
