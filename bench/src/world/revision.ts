import type { Attachment } from '@portcullis/model/attachment'
import { normalizeUpstream } from '@portcullis/model/resource/upstream'
import type { Revision, RevisionApi } from '@portcullis/model/revision'

/** Who issues tokens in this world, and for whom. */
export const claims = {
  iss: 'https://auth.example/bench',
  aud: 'https://api.example/shop/v1',
  sub: 'robot',
  client_id: 'robot',
  scope: 'list_items order_item read_stock',
}

export interface WorldAddress {
  readonly upstream: string
  readonly jwksUri: string
}

/** `/open/v1`: anybody may call and nothing is attached, so that what is measured is the way through. */
function openApi(address: WorldAddress, name: string, operations: number): RevisionApi {
  return {
    ...outline(address, name),
    operations: [
      ...Array.from({ length: operations }, (_, i) => openOperation(`item${i}`, 'GET', i)),
      // What takes a body is one more, where the others of the benchmark are.
      ...(name === 'open' ? [openOperation('change', 'POST', 1)] : []),
    ],
  }
}

function openOperation(id: string, method: 'GET' | 'POST', item: number): RevisionApi['operations'][number] {
  return { id, method, path: `/items-${item}/{id}`, security: [], policies: [] }
}

/** `/shop/v1`: a token with a scope, a subscription, a limit, CORS and fields in both directions. */
function shopApi(address: WorldAddress): RevisionApi {
  return {
    ...outline(address, 'shop'),
    scopes: { list_items: 'List items', order_item: 'Order items', read_stock: 'Read stocks' },
    schemes: { login: { type: 'oauth2' } },
    policies: [
      attached('cors', { origins: ['https://shop.example'] }),
      attached('rate-limit', { limit: 1_000_000_000, window: '1s', by: 'app' }),
      attached('headers', {
        request: { set: { 'X-App': '{client}', 'X-Plan': '{plan}' }, remove: ['cookie'] },
        reply: { remove: ['server'], security: true },
      }),
    ],
    operations: Array.from({ length: 10 }, (_, i) => ({
      id: `item${i}`,
      method: 'GET',
      path: `/items-${i}/{id}`,
      security: [{ login: ['list_items'] }],
      policies: [],
    })),
  }
}

/** `/echo/v1`: one WebSocket that anybody may open, held to limits that the load does not reach. */
function echoApi(address: WorldAddress): RevisionApi {
  const limits = attached('websocket', { framesPerSecond: 100_000, maxLife: '1d' })
  return {
    ...outline(address, 'echo'),
    policies: [limits],
    operations: [{ id: 'echo', method: 'GET', path: '/socket', security: [], policies: [] }],
  }
}

function attached(policy: string, config: Attachment['config']): Attachment {
  return { policy, mode: 'enforce', failOpen: false, config }
}

function outline({ upstream }: WorldAddress, name: string): Omit<RevisionApi, 'operations'> {
  return {
    api: name,
    version: 'v1',
    title: name,
    basePath: `/${name}/v1`,
    audience: `https://api.example/${name}/v1`,
    upstream: normalizeUpstream(upstream),
    classification: 'internal',
    deprecated: false,
    scopes: {},
    schemes: {},
    policies: [],
  }
}

const OPERATIONS_PER_API = 1_000

/** Names of the open APIs of a world of so many operations, and how many each has. */
export function openApis(operations: number): { readonly name: string; readonly operations: number }[] {
  const apis = Math.ceil(operations / OPERATIONS_PER_API)
  return Array.from({ length: apis }, (_, i) => ({
    name: i === 0 ? 'open' : `open-${i}`,
    operations: Math.min(OPERATIONS_PER_API, operations - i * OPERATIONS_PER_API),
  }))
}

/** A revision with so many public operations, and the shop. */
export function worldRevision(address: WorldAddress, operations: number): Revision {
  const shop = shopApi(address)
  return {
    format: 1,
    organization: 'bench',
    environment: 'production',
    number: 1,
    publishedAt: new Date().toISOString(),
    hosts: ['*'],
    issuer: { url: claims.iss, jwksUri: address.jwksUri },
    policies: [],
    apis: [
      ...openApis(operations).map((each) => openApi(address, each.name, each.operations)),
      echoApi(address),
      shop,
    ],
    groups: [{ group: 'default', policies: [] }],
    products: [],
    plans: [{ product: 'shop', plan: 'gold', policies: [] }],
    otherEnvironments: [],
    externalApps: [],
    documentApps: [],
    addressLists: [],
    policySets: [],
    subscriptions: [
      {
        subscription: 'robot-shop',
        app: 'robot',
        product: 'shop',
        plan: 'gold',
        apis: [{ api: 'shop', version: 'v1' }],
        scopes: ['list_items', 'order_item'],
      },
    ],
  }
}
