import { audienceOf } from '@portcullis/model/audience'
import type { Finding } from '@portcullis/model/finding/finding'
import { mayShareAudiences } from '@portcullis/model/resource/environment'
import type { ResourceOf } from '@portcullis/model/resource/resource'
import type { Landscape } from '../state/landscape.ts'
import { type Check, found, warning } from './check.ts'
import { modelFaults, warnings } from './fault.ts'

type Environment = ResourceOf<'Environment'>

export const checkStages: Check = (landscape) => [
  ...landscape.of('Environment').flatMap((environment) => sharedAudiences(landscape, environment)),
  ...landscape.of('Environment').flatMap((environment) => sharedStages(landscape, environment)),
  ...landscape.of('Subscription').flatMap((subscription) => sandboxDependencies(landscape, subscription)),
]

/** A token names its audience, so where that is the same a token of one environment opens the other. */
function sharedAudiences(landscape: Landscape, environment: Environment): Finding[] {
  const own = audiencesIn(landscape, environment)
  return earlierThan(landscape, environment).flatMap((other) => {
    if (mayShareAudiences(environment, other)) return []
    const shared = audiencesIn(landscape, other).find((audience) => own.includes(audience))
    if (shared === undefined) return []
    const detail = `The environments "${other.name}" and "${environment.name}" both have the audience ${shared}.`
    return [found(landscape, environment, ['spec', 'url'], modelFaults['audience-shared'], detail)]
  })
}

function earlierThan(landscape: Landscape, environment: Environment): Environment[] {
  const all = landscape.of('Environment').filter((each) => each.organization === environment.organization)
  return all.slice(0, all.indexOf(environment))
}

/** The environment itself, and the API versions that are deployed there. */
function audiencesIn(landscape: Landscape, { organization, name, spec }: Environment): string[] {
  const versions = landscape
    .of('Api')
    .filter((api) => api.organization === organization)
    .flatMap((api) => Object.values(api.spec.versions))
    .filter(({ state, deployments }) => state !== 'retired' && Object.hasOwn(deployments, name))
  return [spec.url.replace(/\/+$/, ''), ...versions.map(({ basePath }) => audienceOf(spec.url, basePath))]
}

function sharedStages(landscape: Landscape, environment: Environment): Finding[] {
  const { organization, spec } = environment
  return (spec.sharesAudiencesWith ?? []).flatMap((name, i) => {
    const other = landscape.get('Environment', organization, name)
    if (other === undefined || other.spec.stage === spec.stage) return []
    const detail = `"${environment.name}" is for ${spec.stage}, and "${name}" for ${other.spec.stage}.`
    const at = ['spec', 'sharesAudiencesWith', i]
    return [warning(landscape, environment, at, warnings['stages-share-tokens'], detail)]
  })
}

/** What an app for production calls must be there for production. */
function sandboxDependencies(landscape: Landscape, subscription: ResourceOf<'Subscription'>): Finding[] {
  const { organization, spec } = subscription
  const app = landscape.get('App', organization, spec.app)
  const product = landscape.get('Product', organization, spec.product)
  if (app?.spec.stage !== 'production' || product === undefined) return []
  return product.spec.apis.flatMap(({ api, version }) => {
    const deployments = landscape.get('Api', organization, api)?.spec.versions[version]?.deployments ?? {}
    const environments = Object.keys(deployments).flatMap(
      (name) => landscape.get('Environment', organization, name) ?? [],
    )
    const isSandboxed =
      environments.length > 0 && environments.every((environment) => environment.spec.stage === 'sandbox')
    if (!isSandboxed) return []
    const names = environments.map(({ name }) => `"${name}"`).join(', ')
    const detail = `The app "${app.name}" is for production, and ${api}/${version} of the product "${product.name}" is deployed for sandbox alone, in ${names}.`
    return [found(landscape, subscription, ['spec', 'product'], modelFaults['sandbox-dependency'], detail)]
  })
}
