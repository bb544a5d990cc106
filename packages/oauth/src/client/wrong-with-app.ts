import type { AppSpec, Grant } from '@portcullis/model/resource/app'
import { dangerOfRedirectUri } from './redirect-uri.ts'

/** What contradicts itself in an app, wherever it came from: declared by people, or registered by itself. */
export interface WrongWithApp {
  readonly kind:
    | 'redirect-uris-missing'
    | 'public-without-user'
    | 'bad-keys'
    | 'bad-redirect-uri'
    | 'bad-delivery'
    | 'bad-client-documents'
  /** Below the spec. */
  readonly at: readonly (string | number)[]
  readonly detail: string
}

/** Grants in which a user takes part, so that an app without a secret may use them. */
const USERS_PRESENT: readonly Grant[] = ['authorization_code', 'refresh_token', 'device_code']

/** What is said of an app that stands for clients with documents; all else each of them says for itself, or none may have. */
const OF_CLIENT_DOCUMENTS: ReadonlySet<string> = new Set<keyof AppSpec>([
  'title',
  'stage',
  'grants',
  'owner',
  'disabled',
  'identityProviders',
  'requests',
  'boundTokens',
  'authorizationDetails',
  'clientDocuments',
])

export function wrongWithApp(app: AppSpec): WrongWithApp[] {
  if (app.clientDocuments !== undefined) return wrongWithClientDocuments(app)
  const { grants, redirectUris } = app
  const wrong: WrongWithApp[] = []
  if (grants.includes('authorization_code') && redirectUris.length === 0) {
    const detail = 'The grant "authorization_code" needs at least one redirect URI.'
    wrong.push({ kind: 'redirect-uris-missing', at: ['redirectUris'], detail })
  }
  const needsSecret = grants.filter((grant) => !USERS_PRESENT.includes(grant))
  if (app.public && needsSecret.length > 0) {
    const detail = `A public client has no secret, so "${needsSecret[0]}" would let anybody in.`
    wrong.push({ kind: 'public-without-user', at: ['grants'], detail })
  }
  wrong.push(...wrongWithKeys(app), ...wrongWithCertificate(app), ...wrongWithDelivery(app))
  redirectUris.forEach((uri, i) => {
    const detail = dangerOfRedirectUri(uri)
    if (detail !== undefined) wrong.push({ kind: 'bad-redirect-uri', at: ['redirectUris', i], detail })
  })
  return wrong
}

function wrongWithClientDocuments(app: AppSpec): WrongWithApp[] {
  const wrong: WrongWithApp[] = []
  for (const [key, value] of Object.entries(app)) {
    // What a declaration leaves out: `false`, and no redirect URIs.
    const isAbsent = value === undefined || value === false || (Array.isArray(value) && value.length === 0)
    if (isAbsent || OF_CLIENT_DOCUMENTS.has(key)) continue
    const detail =
      'It stands for clients that describe themselves: this they say, or none of them may have it.'
    wrong.push({ kind: 'bad-client-documents', at: [key], detail })
  }
  const alone = app.grants.find((grant) => !USERS_PRESENT.includes(grant))
  if (alone !== undefined) {
    const detail = `With "${alone}" a client that nobody here knows would act without a user.`
    wrong.push({ kind: 'bad-client-documents', at: ['grants'], detail })
  }
  return wrong
}

/** Who signs has keys, in one place. */
function wrongWithKeys(app: AppSpec): WrongWithApp[] {
  const { grants, authentication, jwks, jwksUri, vouchesForUsers, profile, requests } = app
  const signs = authentication === 'private_key_jwt' || grants.includes('jwt_bearer') || requests === 'signed'
  const wrong: WrongWithApp[] = []
  const add = (at: readonly string[], detail: string) => wrong.push({ kind: 'bad-keys', at, detail })
  if (signs && jwks === undefined && jwksUri === undefined) add([], 'It signs, and nobody knows its keys.')
  if (jwks !== undefined && jwksUri !== undefined) add(['jwksUri'], 'Its keys are in two places.')
  if (app.public && authentication !== undefined) add(['authentication'], 'A public client proves nothing.')
  if (app.checkedBy !== undefined && (app.public || (authentication ?? 'secret') !== 'secret')) {
    add(['checkedBy'], 'A secret is checked there: with `public` or another `authentication` it has none.')
  }
  if (
    app.assertedBy !== undefined &&
    (app.public || app.checkedBy || (authentication ?? 'secret') !== 'secret')
  ) {
    add(
      ['assertedBy'],
      'Assertions prove it: with `public`, `checkedBy` or another `authentication` they do not.',
    )
  }
  if (profile === 'fapi2' && (authentication === undefined || authentication === 'secret')) {
    add(['profile'], 'FAPI 2.0 takes no secrets: `authentication` must be by a key or a certificate.')
  }
  if (vouchesForUsers && !grants.includes('jwt_bearer')) {
    add(['vouchesForUsers'], 'It can vouch for users only with the grant "jwt_bearer".')
  }
  return wrong
}

/** RFC 8705 §2: of a certificate either its name is known, or its key. */
function wrongWithCertificate({ authentication, certificate, jwks, jwksUri }: AppSpec): WrongWithApp[] {
  const wrong = (at: string, detail: string): WrongWithApp[] => [{ kind: 'bad-keys', at: [at], detail }]
  const isNamed = authentication === 'tls_client_auth'
  if (isNamed && certificate === undefined) {
    return wrong('authentication', '`certificate` must say by what its certificate is recognised.')
  }
  if (!isNamed && certificate !== undefined) {
    return wrong('certificate', 'It is looked at only where `authentication` is `tls_client_auth`.')
  }
  const hasKeys = jwksUri !== undefined || jwks?.keys.some(({ x5c }) => x5c !== undefined) === true
  if (authentication === 'self_signed_tls_client_auth' && !hasKeys) {
    return wrong('authentication', 'One of its keys must have its certificate in `x5c`.')
  }
  return []
}

/** Whoever is brought tokens shows no key meanwhile: they can't be bound to one (FAPI-CIBA §5.2.2 forbids push for that). */
function wrongWithDelivery(app: AppSpec): WrongWithApp[] {
  const { grants, pingUri, pushUri, userCodes, profile, boundTokens, certificateBoundTokens } = app
  const wrong: WrongWithApp[] = []
  const add = (at: string, detail: string) => wrong.push({ kind: 'bad-delivery', at: [at], detail })
  const asksUsers = grants.includes('ciba')
  if (app.tokenDelivery === 'owner' && app.owner === undefined) {
    add('tokenDelivery', 'It has no owner to whom tokens could be shown.')
  }
  if (pushUri !== undefined && !asksUsers) add('pushUri', 'Tokens are pushed with the grant "ciba" alone.')
  if (userCodes && !asksUsers) add('userCodes', 'Users are asked for codes with the grant "ciba" alone.')
  if (pushUri !== undefined && pingUri !== undefined)
    add('pushUri', 'It is told, or brought its tokens: not both.')
  if (pushUri !== undefined && (profile === 'fapi2' || boundTokens || certificateBoundTokens)) {
    add('pushUri', 'Tokens that are brought can not be bound to a key, and its tokens must be.')
  }
  return wrong
}
