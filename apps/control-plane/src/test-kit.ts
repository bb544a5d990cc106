import { generateKeyPairSync, sign } from 'node:crypto'
import { Fault } from '@portcullis/kernel/fault'
import { SYSTEM } from '@portcullis/model/collection'
import type { Decision } from '@portcullis/model/decision/decision'
import type { Finding } from '@portcullis/model/finding/finding'
import { FindingsFault } from '@portcullis/model/finding/findings-fault'
import { catalog } from '@portcullis/policies/catalog'
import { openMemoryBreaches } from '@portcullis/ports/breaches/memory'
import { type ManualClock, manualClock } from '@portcullis/ports/clock/memory'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import { openMemoryEvents } from '@portcullis/ports/events/memory'
import type { Events } from '@portcullis/ports/events/port'
import { openMemoryKeys } from '@portcullis/ports/keys/memory'
import type { Keys } from '@portcullis/ports/keys/port'
import { collectingLog } from '@portcullis/ports/log/memory'
import { type MemoryMail, openMemoryMail } from '@portcullis/ports/mail/memory'
import { openMemorySecrets } from '@portcullis/ports/secrets/memory'
import type { Secrets } from '@portcullis/ports/secrets/port'
import { openMemoryStore } from '@portcullis/ports/store/memory'
import type { Store } from '@portcullis/ports/store/port'
import type { Bundle } from './bundle/bundle.ts'
import { openContractCompiler } from './contract/contract-compiler.ts'
import { type ControlPlane, createControlPlane } from './control-plane.ts'
import { issuerOf } from './revision/compile-revision.ts'

export const URLS = { url: 'https://manage.example', authserverUrl: 'https://auth.example' }

export interface TestSite {
  readonly controlPlane: ControlPlane
  readonly store: Store
  readonly events: Events
  readonly secrets: Secrets
  readonly clock: ManualClock
  readonly log: ReturnType<typeof collectingLog>
  readonly mail: MemoryMail
}

/** One for all tests of a file: a thread takes half a second to start, and an idle one keeps no process alive. */
const compiler = openContractCompiler()

/** Tests fetch nothing from anywhere, unless they say what is there. */
const nowhere: typeof fetch = () => Promise.reject(new Error('there is nothing'))

/** A control plane over engines in memory, or over some of those of another one. */
export async function openTestSite(
  shared: Partial<TestSite> & { fetch?: typeof fetch; authserverUrl?: string } = {},
): Promise<TestSite> {
  const clock = shared.clock ?? manualClock()
  const log = shared.log ?? collectingLog()
  const store = shared.store ?? openMemoryStore(clock)
  const events = shared.events ?? openMemoryEvents()
  const secrets = shared.secrets ?? openMemorySecrets()
  const mail = shared.mail ?? openMemoryMail()
  const urls = { ...URLS, authserverUrl: shared.authserverUrl ?? URLS.authserverUrl }
  const controlPlane = await createControlPlane({
    store,
    events,
    secrets,
    clock,
    counters: openMemoryCounters(clock),
    log,
    catalog,
    mail,
    breaches: openMemoryBreaches('everybody knows this'),
    compiler,
    fetch: shared.fetch ?? nowhere,
    ...urls,
  })
  return { controlPlane, store, events, secrets, clock, log, mail }
}

export const CONTRACT = `openapi: 3.1.0
info: { title: Warehouse, version: 1.0.0 }
components:
  securitySchemes:
    login:
      type: oauth2
      flows:
        clientCredentials:
          tokenUrl: https://auth.example/hmart/token
          scopes:
            list_items: See what is in stock
            order_item: Order items
paths:
  /items:
    get:
      operationId: listItems
      security: [{ login: [list_items] }]
      responses: { '200': { $ref: 'schema/answer.yaml' } }
  /orders:
    post:
      operationId: orderItem
      security: [{ login: [order_item] }]
      responses: { '201': { description: Ordered } }
`

/** One organization with one of everything; no warnings, no errors. */
export const WAREHOUSE: Bundle = {
  'hmart.yaml': `kind: Organization
organization: hmart
name: hmart
spec: { title: HMart }
---
kind: Environment
organization: hmart
name: production
spec:
  title: Production
  url: https://api.hmart.example
  hosts: [api.hmart.example]
`,
  'warehouse/api.yaml': `kind: Api
organization: hmart
name: warehouse
spec:
  title: Warehouse
  versions:
    v1:
      contract: contract/openapi.yaml
      state: published
      basePath: /warehouse/v1
      deployments:
        production: { upstream: https://warehouse.internal }
`,
  'warehouse/contract/openapi.yaml': CONTRACT,
  'warehouse/contract/schema/answer.yaml': 'description: The items\n',
  'shop.yaml': `kind: Product
organization: hmart
name: shop
spec: { title: Shop, apis: [{ api: warehouse, version: v1 }] }
---
kind: Plan
organization: hmart
name: gold
spec: { title: Gold, product: shop }
---
kind: App
organization: hmart
name: robot
spec: { title: Robot, grants: [client_credentials] }
---
kind: Subscription
organization: hmart
name: robot-shop
spec: { app: robot, product: shop, plan: gold, scopes: [list_items] }
---
kind: User
organization: hmart
name: alice
spec: { title: Alice }
`,
}

/** The bundle with a text of one of its files replaced. */
export function changed(file: string, from: string, to: string, bundle: Bundle = WAREHOUSE): Bundle {
  const text = bundle[file]
  if (text?.includes(from) !== true) throw new RangeError(`${file} has no "${from}"`)
  return { ...bundle, [file]: text.replace(from, to) }
}

/** The bundle with one more file. */
export function plus(file: string, text: string): Bundle {
  return { ...WAREHOUSE, [file]: text }
}

/** A declaration of the organization; the spec in YAML on one line. */
export function resource(kind: string, name: string, spec: string): string {
  return `kind: ${kind}\norganization: hmart\nname: ${name}\nspec: ${spec}\n`
}

/** The findings with which something is refused. */
export async function findingsOf(refused: Promise<unknown>): Promise<readonly Finding[]> {
  const fault = await faultOf(refused)
  if (!(fault instanceof FindingsFault)) throw new TypeError(`it was refused without findings: ${fault.code}`)
  return fault.findings
}

/** The fault with which something is refused. */
export async function faultOf(refused: Promise<unknown>): Promise<Fault> {
  const thrown = await refused.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(thrown instanceof Fault))
    throw new TypeError(`expected a fault, not ${String(thrown)}`, { cause: thrown })
  return thrown
}

export function testDecision(changes: Partial<Decision> = {}): Decision {
  return {
    id: 'dec_1',
    organization: 'hmart',
    environment: 'production',
    revision: 1,
    at: '2026-01-01T00:00:00.000Z',
    method: 'GET',
    outcome: 'refused',
    status: 404,
    steps: [],
    micros: 10,
    ...changes,
  }
}

/** The authorization server, as far as the management API knows it: a key and tokens signed with it. */
export interface TestIssuer {
  readonly keys: Keys
  token(scope: string, claims?: Readonly<Record<string, unknown>>, typ?: string): string
}

export function testIssuer(nowMillis: number): TestIssuer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const { url: iss, jwksUri } = issuerOf(URLS.authserverUrl, SYSTEM)
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return {
    keys: openMemoryKeys({ [jwksUri]: [{ kid: 'k', algorithm: 'EdDSA', key: publicKey }] }),
    token(scope, claims = {}, typ = 'at+jwt') {
      const iat = nowMillis / 1000
      const aud = `${URLS.url}/v1`
      const own = {
        iss,
        aud,
        sub: 'command-line',
        client_id: 'command-line',
        iat,
        exp: iat + 300,
        jti: 't',
        scope,
      }
      const signed = `${part({ alg: 'EdDSA', typ, kid: 'k' })}.${part({ ...own, ...claims })}`
      return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`
    },
  }
}
