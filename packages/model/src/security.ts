import { z } from '@portcullis/kernel/schema'

/**
 * What a contract demands of a caller, as OpenAPI's Security Requirement Object means it: any one alternative
 * is enough (array = OR); within it every scheme must be satisfied with all of its scopes (object = AND); an
 * alternative without schemes lets anybody pass; a list without alternatives is `security: []`, public.
 */
export const alternative = z.record(z.string().max(128), z.array(z.string().max(256)).max(128))
export type Alternative = z.infer<typeof alternative>

export const security = z.array(alternative).max(32)
export type Security = z.infer<typeof security>

/** How a scheme of the contract carries its credential. */
export const securityScheme = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('oauth2') }),
  z.strictObject({ type: z.literal('openIdConnect') }),
  z.strictObject({ type: z.literal('http'), scheme: z.string().max(64) }),
  z.strictObject({
    type: z.literal('apiKey'),
    in: z.enum(['header', 'query', 'cookie']),
    name: z.string().max(128),
  }),
  z.strictObject({ type: z.literal('mutualTLS') }),
])
export type SecurityScheme = z.infer<typeof securityScheme>

/** Whether nobody is asked who they are: no requirement at all, or an alternative that demands nothing. */
export function isPublic(requirement: Security): boolean {
  return requirement.length === 0 || requirement.some((each) => Object.keys(each).length === 0)
}

/** Every scope that some alternative mentions. */
export function scopesOf(requirement: Security): Set<string> {
  return new Set(requirement.flatMap((each) => Object.values(each).flat()))
}
