import type { Finding } from '@portcullis/model/finding'
import type { ResourceOf } from '@portcullis/model/resource/resource'
import type { Landscape } from '../state/landscape.ts'
import { type Check, found } from './check.ts'
import { modelFaults } from './fault.ts'
import { isLoopback } from './loopback.ts'

export const checkGrants: Check = (landscape) =>
  landscape.of('App').flatMap((app) => checkApp(landscape, app))

function checkApp(landscape: Landscape, app: ResourceOf<'App'>): Finding[] {
  const { grants, redirectUris } = app.spec
  const findings: Finding[] = []
  if (grants.includes('authorization_code') && redirectUris.length === 0) {
    const detail = 'The grant "authorization_code" needs at least one redirect URI.'
    findings.push(
      found(landscape, app, ['spec', 'redirectUris'], modelFaults['redirect-uris-missing'], detail),
    )
  }
  if (app.spec.public && grants.includes('client_credentials')) {
    const detail = 'A public client has no secret, so "client_credentials" would let anybody in.'
    findings.push(found(landscape, app, ['spec', 'grants'], modelFaults['public-without-user'], detail))
  }
  redirectUris.forEach((uri, i) => {
    const wrong = wrongWith(uri)
    if (wrong === undefined) return
    findings.push(found(landscape, app, ['spec', 'redirectUris', i], modelFaults['bad-redirect-uri'], wrong))
  })
  return findings
}

/** RFC 9700 §2.1 and §4.1.3; the schemes of installed apps by RFC 8252 §7.1 and §7.3. */
function wrongWith(uri: string): string | undefined {
  const url = URL.parse(uri)
  if (url === null) return 'It is no absolute URL.'
  if (uri.includes('#')) return 'It has a fragment.'
  if (url.username !== '' || url.password !== '') return 'It carries a user name or a password.'
  if (url.protocol === 'https:') return undefined
  if (url.protocol === 'http:') return isLoopback(url) ? undefined : 'It is http and not on the loopback.'
  // A private scheme is a reversed domain name; that keeps out javascript:, data: and file:.
  return url.protocol.includes('.')
    ? undefined
    : `The scheme "${url.protocol}" is not one that returns safely.`
}
