import { BASE_PATH } from '@portcullis/api-client/route/routes'
import { type ManagementScope, managementScopes } from '@portcullis/api-client/scope'
import { SYSTEM } from '@portcullis/model/collection'
import type { Kind } from '@portcullis/model/resource/resource'
import { stringify } from 'yaml'
import { contractFolder, declarationPath } from './bundle/write-bundle.ts'
import { type DocumentOptions, managementDocument } from './http/document.ts'

const ENVIRONMENT = 'control-plane'
const API = 'management'
const VERSION = 'v1'
const PLAN = 'internal'

/** The apps of the installation itself, and the most that each may be granted. */
const apps: readonly {
  readonly name: string
  readonly title: string
  readonly scopes: readonly ManagementScope[]
}[] = [
  {
    name: 'command-line',
    title: 'Command line',
    scopes: Object.keys(managementScopes) as ManagementScope[],
  },
  { name: 'gateway', title: 'Gateway', scopes: ['gateway.sync'] },
]

/**
 * The organization that owns the installation, declared like any other: the management API with its own document as
 * contract, and the apps that call it. To be applied at every start; where nothing is new it changes nothing.
 */
export function systemOrganizationBundle(options: DocumentOptions): Record<string, string> {
  const { controlPlaneUrl } = options
  return {
    ...declare('Organization', SYSTEM, { title: 'This installation' }),
    ...declare('Environment', ENVIRONMENT, { title: 'Control plane', url: controlPlaneUrl }),
    ...declare('Api', API, {
      title: 'Management API',
      versions: {
        [VERSION]: {
          contract: `${API}/${VERSION}/openapi.json`,
          state: 'published',
          classification: 'restricted',
          basePath: BASE_PATH,
          deployments: { [ENVIRONMENT]: { upstream: controlPlaneUrl } },
        },
      },
    }),
    ...declare('Product', API, { title: 'Management', apis: [{ api: API, version: VERSION }] }),
    ...declare('Plan', PLAN, { title: 'Internal', product: API }),
    ...Object.assign({}, ...apps.map((app) => declareApp(app))),
    [`${contractFolder(SYSTEM, API, VERSION)}/openapi.json`]: `${JSON.stringify(managementDocument(options), null, 2)}\n`,
  }
}

function declareApp({ name, title, scopes }: (typeof apps)[number]): Record<string, string> {
  return {
    ...declare('App', name, { title, grants: ['client_credentials'], firstParty: true }),
    ...declare('Subscription', name, { app: name, product: API, plan: PLAN, scopes: [...scopes] }),
  }
}

function declare(kind: Kind, name: string, spec: unknown): Record<string, string> {
  const resource = { kind, organization: SYSTEM, name }
  return { [declarationPath(resource)]: stringify({ ...resource, spec }) }
}
