import type { Finding } from '@portcullis/model/finding'
import type { Grant } from '@portcullis/model/resource/app'
import type { ResourceOf } from '@portcullis/model/resource/resource'
import { dangerOfRedirectUri } from '@portcullis/oauth/redirect-uri'
import { readDistinguishedName } from '@portcullis/policies/mtls/distinguished-name'
import type { Landscape } from '../state/landscape.ts'
import { type Check, found } from './check.ts'
import { modelFaults } from './fault.ts'

export const checkGrants: Check = (landscape) =>
  landscape.of('App').flatMap((app) => checkApp(landscape, app))

/** Grants in which a user takes part, so that an app without a secret may use them. */
const USERS_PRESENT: readonly Grant[] = ['authorization_code', 'refresh_token', 'device_code']

function checkApp(landscape: Landscape, app: ResourceOf<'App'>): Finding[] {
  const { grants, redirectUris } = app.spec
  const findings: Finding[] = []
  if (grants.includes('authorization_code') && redirectUris.length === 0) {
    const detail = 'The grant "authorization_code" needs at least one redirect URI.'
    findings.push(
      found(landscape, app, ['spec', 'redirectUris'], modelFaults['redirect-uris-missing'], detail),
    )
  }
  const needsSecret = grants.filter((grant) => !USERS_PRESENT.includes(grant))
  if (app.spec.public && needsSecret.length > 0) {
    const detail = `A public client has no secret, so "${needsSecret[0]}" would let anybody in.`
    findings.push(found(landscape, app, ['spec', 'grants'], modelFaults['public-without-user'], detail))
  }
  findings.push(...checkKeys(landscape, app), ...checkName(landscape, app))
  findings.push(...checkExchanges(landscape, app))
  redirectUris.forEach((uri, i) => {
    const wrong = dangerOfRedirectUri(uri)
    if (wrong === undefined) return
    findings.push(found(landscape, app, ['spec', 'redirectUris', i], modelFaults['bad-redirect-uri'], wrong))
  })
  return findings
}

/** The grant and the rights belong together, and an app exchanges only what it is called with. */
function checkExchanges(landscape: Landscape, app: ResourceOf<'App'>): Finding[] {
  const { grants, exchangeRights = [], serves = [] } = app.spec
  const fault = modelFaults['bad-exchange']
  const named = grants.includes('token_exchange')
  const usable = named || grants.includes('jwt_bearer')
  const findings: Finding[] = []
  if ((named && exchangeRights.length === 0) || (!usable && exchangeRights.length > 0)) {
    const [key, detail] = named
      ? ['grants', 'The grant "token_exchange" is for nothing without `exchangeRights`.']
      : ['exchangeRights', 'The rights are for nothing without the grant "token_exchange".']
    findings.push(found(landscape, app, ['spec', key], fault, detail))
  }
  exchangeRights.forEach(({ from, to }, i) => {
    const at = ['spec', 'exchangeRights', i]
    if (!serves.includes(from)) {
      findings.push(found(landscape, app, [...at, 'from'], fault, `It does not serve ${from}.`))
    }
    if (exchangeRights.findIndex((each) => each.from === from && each.to === to) < i) {
      findings.push(found(landscape, app, at, fault, 'There is a right for these two audiences already.'))
    }
  })
  return findings
}

/** Who signs has keys, in one place. */
function checkKeys(landscape: Landscape, app: ResourceOf<'App'>): Finding[] {
  const {
    grants,
    authentication,
    jwks,
    jwksUri,
    public: isPublic,
    vouchesForUsers,
    profile,
    requests,
  } = app.spec
  const fault = modelFaults['bad-keys']
  const signs = authentication === 'private_key_jwt' || grants.includes('jwt_bearer') || requests === 'signed'
  const findings = checkCertificate(landscape, app)
  if (signs && jwks === undefined && jwksUri === undefined) {
    const detail = 'It signs, and nobody knows its keys.'
    findings.push(found(landscape, app, ['spec'], fault, detail))
  }
  if (jwks !== undefined && jwksUri !== undefined) {
    const detail = 'Its keys are in two places.'
    findings.push(found(landscape, app, ['spec', 'jwksUri'], fault, detail))
  }
  if (isPublic && authentication !== undefined) {
    const detail = 'A public client proves nothing.'
    findings.push(found(landscape, app, ['spec', 'authentication'], fault, detail))
  }
  if (profile === 'fapi2' && (authentication === undefined || authentication === 'secret')) {
    const detail = 'FAPI 2.0 takes no secrets: `authentication` must be by a key or a certificate.'
    findings.push(found(landscape, app, ['spec', 'profile'], fault, detail))
  }
  if (vouchesForUsers && !grants.includes('jwt_bearer')) {
    const detail = 'It can vouch for users only with the grant "jwt_bearer".'
    findings.push(found(landscape, app, ['spec', 'vouchesForUsers'], fault, detail))
  }
  return findings
}

/** RFC 8705 §2: of a certificate either its name is known, or its key. */
function checkCertificate(landscape: Landscape, app: ResourceOf<'App'>): Finding[] {
  const { authentication, certificate, jwks, jwksUri } = app.spec
  const at = (key: string, detail: string) => [
    found(landscape, app, ['spec', key], modelFaults['bad-keys'], detail),
  ]
  const isNamed = authentication === 'tls_client_auth'
  if (isNamed && certificate === undefined) {
    return at('authentication', '`certificate` must say by what its certificate is recognised.')
  }
  if (!isNamed && certificate !== undefined) {
    return at('certificate', 'It is looked at only where `authentication` is `tls_client_auth`.')
  }
  if (certificate?.subject !== undefined && readDistinguishedName(certificate.subject) === undefined) {
    return at('certificate', 'Its subject is no distinguished name, such as CN=robot,O=Acme,C=DE.')
  }
  const hasKeys = jwksUri !== undefined || jwks?.keys.some(({ x5c }) => x5c !== undefined) === true
  if (authentication === 'self_signed_tls_client_auth' && !hasKeys) {
    return at('authentication', 'One of its keys must have its certificate in `x5c`.')
  }
  return []
}

/** RFC 9700 §4.15: a token of an app for itself has its name as the subject, and must not pass for a user's. */
function checkName(landscape: Landscape, { organization, name, ...app }: ResourceOf<'App'>): Finding[] {
  const isTaken = landscape
    .of('User')
    .some((user) => user.organization === organization && user.name === name)
  if (!isTaken) return []
  const detail = `There is a user "${name}".`
  return [found(landscape, { organization, name, ...app }, [], modelFaults['name-of-user'], detail)]
}
