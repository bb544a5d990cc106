import { isDeepStrictEqual } from 'node:util'
import type { Finding } from '@portcullis/model/finding/finding'
import type { ResourceOf } from '@portcullis/model/resource/resource'
import { beyondCeiling, scopesBeyondCeiling } from '@portcullis/oauth/registration/ceiling'
import type { Landscape } from '../state/landscape.ts'
import { type Check, found } from './check.ts'
import { modelFaults } from './fault.ts'

/** What a software statement allows is the ceiling for as long as the app is there, also for people. */
export const checkRegistrations: Check = (landscape) => [
  ...landscape.of('App').flatMap((app) => checkApp(landscape, app)),
  ...landscape.of('Subscription').flatMap((subscription) => checkSubscription(landscape, subscription)),
]

function checkApp(landscape: Landscape, app: ResourceOf<'App'>): Finding[] {
  const { registered } = app.spec
  const before = landscape.stored('App', app.organization, app.name)?.spec.registered
  const at = ['spec', 'registered']
  const fault = modelFaults['beyond-registration']
  if (before !== undefined && !isDeepStrictEqual(before, registered)) {
    return [found(landscape, app, at, fault, 'How it registered is not to be changed.')]
  }
  const beyond = registered?.statement && beyondCeiling(app.spec, registered.statement)
  if (beyond === undefined) return []
  return [found(landscape, app, ['spec', beyond.member], fault, `${beyond.description}.`)]
}

function checkSubscription(landscape: Landscape, subscription: ResourceOf<'Subscription'>): Finding[] {
  const { app, scopes } = subscription.spec
  const ceiling = landscape.get('App', subscription.organization, app)?.spec.registered?.statement
  if (ceiling === undefined) return []
  const beyond = new Set(scopesBeyondCeiling(scopes, ceiling))
  return scopes.flatMap((scope, i) => {
    if (!beyond.has(scope)) return []
    const detail = `The software statement of "${app}" does not allow "${scope}".`
    const at = ['spec', 'scopes', i]
    return [found(landscape, subscription, at, modelFaults['beyond-registration'], detail)]
  })
}
