import type { ResourceOf } from '@portcullis/model/resource/resource'
import type { Landscape } from '../state/landscape.ts'
import { type Check, found } from './check.ts'
import { modelFaults } from './fault.ts'

interface Served {
  readonly api: ResourceOf<'Api'>
  readonly version: string
  readonly basePath: string
}

export const checkBasePaths: Check = (landscape) =>
  landscape.of('Environment').flatMap((environment) => {
    const served = servedIn(landscape, environment)
    return served.flatMap(({ api, version, basePath }, i) => {
      const other = served.slice(0, i).find((each) => overlap(each.basePath, basePath))
      if (other === undefined) return []
      const detail = `In "${environment.name}" the base path ${basePath} overlaps with ${other.basePath} of ${other.api.name}/${other.version}.`
      return [
        found(
          landscape,
          api,
          ['spec', 'versions', version, 'basePath'],
          modelFaults['base-path-taken'],
          detail,
        ),
      ]
    })
  })

function servedIn(landscape: Landscape, environment: ResourceOf<'Environment'>): Served[] {
  return landscape
    .of('Api')
    .filter((api) => api.organization === environment.organization)
    .flatMap((api) =>
      Object.entries(api.spec.versions)
        .filter(
          ([, { state, deployments }]) => state !== 'retired' && Object.hasOwn(deployments, environment.name),
        )
        .map(([version, { basePath }]) => ({ api, version, basePath })),
    )
}

/** Whether one is the other or an ancestor of it, segment by segment. */
function overlap(a: string, b: string): boolean {
  return `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`)
}
