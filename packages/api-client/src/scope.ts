/** The scopes of the management API, with the descriptions that people are shown. */
export const managementScopes = {
  'resources.read': 'List, export and compare what is declared, and check changes without making them',
  'resources.write': 'Change what is declared, issue and revoke credentials, set passwords',
  'tokens.revoke': 'Revoke tokens of any organization, see where that is in force, and end standing calls',
  'approvals.decide': 'See what waits for approval, and write down what people said who may decide it',
  'decisions.read': 'Read the records of what was decided about calls',
  'gateway.sync': 'Fetch revisions and report decisions, as a gateway does',
} as const

export type ManagementScope = keyof typeof managementScopes

/** The name of the security scheme in the served document. */
export const SCHEME = 'management'

/** What a route demands, as OpenAPI writes it. */
export function requires(scope: ManagementScope): Record<string, string[]>[] {
  return [{ [SCHEME]: [scope] }]
}

/** What a route demands that anybody may call. */
export const PUBLIC: Record<string, string[]>[] = []
