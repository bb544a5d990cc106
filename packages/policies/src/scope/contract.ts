import { defineFaults } from '@portcullis/kernel/fault'
import { type Issue, z } from '@portcullis/kernel/schema'
import type { Security, SecurityScheme } from '@portcullis/model/security'
import type { OperationPlace, PolicyContract } from '@portcullis/policy-kit/policy'
import type { Surroundings } from '@portcullis/policy-kit/step/surroundings'
import { schemeNamed } from '../scheme/requirement.ts'
import { readDemand } from './demand.ts'
import { readExpression, scopesIn } from './expression.ts'
import { impasseOf } from './impasse.ts'

const MAX_CHARACTERS = 1_024

const config = z.strictObject({
  require: z
    .string()
    .min(1)
    .max(MAX_CHARACTERS)
    .superRefine((text, context) => {
      const reading = readDemand(text)
      if ('problem' in reading) context.addIssue({ code: 'custom', message: reading.problem })
    })
    .optional()
    .describe(
      'What the scopes of the caller must come to, besides what the contract demands: scopes with and, or, not and brackets.',
    ),
})
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
    remedy:
      'Send the credentials that WWW-Authenticate names: for Bearer, fetch a token from the authorization server.',
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
  forbidden: {
    status: 403,
    title: 'The token carries a scope with which this operation can’t be called',
    remedy: 'Ask the authorization server for a token with the scopes in WWW-Authenticate and no others.',
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
  mentions: ({ require }) => ({ attributes: ['context.scopes'], scopes: scopesOf(require) }),
  impasse: impasseOf,
  objections,
}

/** Scopes come from the contract and from nowhere else; and what the contract declares public stays public. */
function objections({ require }: ScopeConfig, { apis }: Surroundings): Issue[] {
  if (require === undefined) return []
  const issues = apis.flatMap(({ name, scopes }) => unknownScopes(require, scopes).map(inContractOf(name)))
  if (apis.length > 0 && apis.every((api) => api.operations.every((each) => each.security.length === 0))) {
    issues.push({
      path: '/require',
      message: 'the contract lets anybody call what this is for (security: []), so it would never be asked',
      remedy: 'Say in the contract who may call, or remove it.',
    })
  }
  return issues
}

function unknownScopes(require: string, known: Readonly<Record<string, string>>): string[] {
  return scopesOf(require).filter((name) => !Object.hasOwn(known, name))
}

/** Every scope that the expression names. */
function scopesOf(require: string | undefined): string[] {
  const reading = require === undefined ? undefined : readExpression(require)
  return reading === undefined || 'problem' in reading ? [] : [...scopesIn(reading.expression)]
}

function inContractOf(api: string): (scope: string) => Issue {
  return (scope) => ({
    path: '/require',
    message: `"${scope}" is no scope of the contract of ${api}`,
    remedy: 'Declare the scope in the contract, mend its spelling, or attach this to fewer API versions.',
  })
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
