import { liesAt } from '@portcullis/model/client-document'
import type { Finding } from '@portcullis/model/finding/finding'
import type { ResourceOf } from '@portcullis/model/resource/resource'
import { wrongWithApp } from '@portcullis/oauth/client/wrong-with-app'
import { readDistinguishedName } from '@portcullis/policies/mtls/distinguished-name'
import type { Landscape } from '../state/landscape.ts'
import { type Check, found } from './check.ts'
import { modelFaults } from './fault.ts'

export const checkGrants: Check = (landscape) =>
  landscape
    .of('App')
    .flatMap((app) => [
      ...checkApp(landscape, app),
      ...checkExternal(landscape, app),
      ...checkDocuments(landscape, app),
      ...checkChecker(landscape, app),
      ...checkAsserter(landscape, app),
    ])

function checkApp(landscape: Landscape, app: ResourceOf<'App'>): Finding[] {
  return [
    ...wrongWithApp(app.spec).map(({ kind, at, detail }) =>
      found(landscape, app, ['spec', ...at], modelFaults[kind], detail),
    ),
    ...checkSubject(landscape, app),
    ...checkName(landscape, app),
    ...checkExchanges(landscape, app),
  ]
}

function checkSubject(landscape: Landscape, app: ResourceOf<'App'>): Finding[] {
  const { certificate } = app.spec
  if (certificate?.subject === undefined || readDistinguishedName(certificate.subject) !== undefined)
    return []
  const detail = 'It is no distinguished name, such as CN=robot,O=Acme,C=DE.'
  return [found(landscape, app, ['spec', 'certificate', 'subject'], modelFaults['bad-keys'], detail)]
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

/** A client of another issuer is one app: whose subscription counted otherwise? */
function checkExternal(landscape: Landscape, app: ResourceOf<'App'>): Finding[] {
  const others = landscape.of('App').filter(({ organization }) => organization === app.organization)
  return (app.spec.external ?? []).flatMap(({ issuer, clientId }, i) => {
    const isSame = (each: { readonly issuer: string; readonly clientId: string }) =>
      each.issuer === issuer && each.clientId === clientId
    const first = others.find(({ spec }) => spec.external?.some(isSame))
    if (first?.name === app.name && app.spec.external?.findIndex(isSame) === i) return []
    const detail = `The client "${clientId}" of ${issuer} is the app "${first?.name}" already.`
    return [found(landscape, app, ['spec', 'external', i], modelFaults['external-taken'], detail)]
  })
}

/** What it is called there leads to this app and to no other, and whoever is to check it does. */
function checkChecker(landscape: Landscape, app: ResourceOf<'App'>): Finding[] {
  const { checkedBy } = app.spec
  if (checkedBy === undefined) return []
  const { identityProvider, clientId } = checkedBy
  const findings: Finding[] = []
  const others = landscape.of('App').filter(({ organization }) => organization === app.organization)
  const first = others.find(
    ({ name, spec }) =>
      (name !== app.name && name === clientId) || (name < app.name && spec.checkedBy?.clientId === clientId),
  )
  if (first !== undefined) {
    const detail = `The client "${clientId}" is the app "${first.name}" already.`
    findings.push(
      found(landscape, app, ['spec', 'checkedBy', 'clientId'], modelFaults['external-taken'], detail),
    )
  }
  const provider = landscape.get('IdentityProvider', app.organization, identityProvider)?.spec
  if (provider !== undefined && (provider.type !== 'oidc' || provider.clientChecks === undefined)) {
    const detail = `"${identityProvider}" checks no clients.`
    findings.push(
      found(
        landscape,
        app,
        ['spec', 'checkedBy', 'identityProvider'],
        modelFaults['no-client-checks'],
        detail,
      ),
    )
  }
  return findings
}

/** Whoever is to say who it is does so of apps. */
function checkAsserter(landscape: Landscape, app: ResourceOf<'App'>): Finding[] {
  const { assertedBy } = app.spec
  const provider = assertedBy && landscape.get('IdentityProvider', app.organization, assertedBy)?.spec
  if (!provider || (provider.type === 'saml' && provider.vouchesForApps)) return []
  const detail = `"${assertedBy}" vouches for no apps.`
  return [found(landscape, app, ['spec', 'assertedBy'], modelFaults['no-client-checks'], detail)]
}

/** A document is of one app, for the same reason. */
function checkDocuments(landscape: Landscape, app: ResourceOf<'App'>): Finding[] {
  const others = landscape.of('App').filter(({ organization }) => organization === app.organization)
  return (app.spec.clientDocuments ?? []).flatMap((place, i) => {
    const first = others.find(({ spec }) => spec.clientDocuments?.some((each) => overlaps(each, place)))
    if (first === undefined || first.name === app.name) return []
    const detail = `Documents at ${place} are of the app "${first.name}" already.`
    return [
      found(landscape, app, ['spec', 'clientDocuments', i], modelFaults['client-documents-taken'], detail),
    ]
  })
}

function overlaps(one: string, other: string): boolean {
  return one === other || liesAt(one, other) || liesAt(other, one)
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
