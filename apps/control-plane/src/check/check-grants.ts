import type { Finding } from '@portcullis/model/finding'
import type { ResourceOf } from '@portcullis/model/resource/resource'
import { dangerOfRedirectUri } from '@portcullis/oauth/redirect-uri'
import type { Landscape } from '../state/landscape.ts'
import { type Check, found } from './check.ts'
import { modelFaults } from './fault.ts'

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
    const wrong = dangerOfRedirectUri(uri)
    if (wrong === undefined) return
    findings.push(found(landscape, app, ['spec', 'redirectUris', i], modelFaults['bad-redirect-uri'], wrong))
  })
  return findings
}
