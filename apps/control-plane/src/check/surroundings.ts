import type { ApiVersionSpec } from '@portcullis/model/resource/api'
import type { ResourceOf } from '@portcullis/model/resource/resource'
import type { SurroundingApi, Surroundings } from '@portcullis/policy-kit/step/surroundings'
import type { Landscape } from '../state/landscape.ts'
import type { Attached } from './attached.ts'

/** What the configs of one place can speak of. */
export function surroundingsOf(landscape: Landscape, attached: Attached): Surroundings {
  const isMeant = meaning(landscape, attached)
  const { organization } = attached.resource
  const apis = landscape
    .of('Api')
    .filter((api) => api.organization === organization)
    .flatMap((api) =>
      Object.entries(api.spec.versions)
        .filter(([version, spec]) => spec.state !== 'retired' && isMeant(api, version, spec))
        .flatMap(([version]) => surrounding(landscape, api, version, attached.operation)),
    )
  const lists = landscape.of('AddressList').filter((list) => list.organization === organization)
  return { apis, addressLists: new Set(lists.map(({ name }) => name)) }
}

type IsMeant = (api: ResourceOf<'Api'>, version: string, spec: ApiVersionSpec) => boolean

/** For which API versions the attachments of a place are meant. */
function meaning(landscape: Landscape, { resource, version: own }: Attached): IsMeant {
  switch (resource.kind) {
    case 'Api':
      return (api, version) => api.name === resource.name && version === own
    case 'Environment':
      return (_api, _version, { deployments }) => Object.hasOwn(deployments, resource.name)
    case 'GatewayGroup':
      return (_api, _version, { deployments }) =>
        Object.values(deployments).some(({ groups }) => groups?.includes(resource.name) !== false)
    case 'Product':
      return offering(resource)
    case 'Plan':
      return offering(landscape.get('Product', resource.organization, resource.spec.product))
    default:
      return () => false
  }
}

function offering(product: ResourceOf<'Product'> | undefined): IsMeant {
  return (api, version) =>
    product?.spec.apis.some((each) => each.api === api.name && each.version === version) === true
}

function surrounding(
  landscape: Landscape,
  api: ResourceOf<'Api'>,
  version: string,
  operation: string | undefined,
): SurroundingApi[] {
  const contract = landscape.contract(api.organization, api.name, version)
  // One that did not compile is told of already; what its scopes are is not known.
  if (contract === undefined) return []
  const operations = contract.operations.filter(({ id }) => operation === undefined || id === operation)
  return [{ name: `${api.name}/${version}`, scopes: contract.scopes, operations }]
}
