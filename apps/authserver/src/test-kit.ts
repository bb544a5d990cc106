import { setTimeout } from 'node:timers/promises'
import { fingerprintOf, Secret } from '@portcullis/kernel/secret'
import type { DocumentApp } from '@portcullis/model/client-document'
import {
  credentials,
  idOf,
  passwords,
  resources,
  revisionHeads,
  revisions,
  SYSTEM,
} from '@portcullis/model/collection'
import type { Credential } from '@portcullis/model/credential/credential'
import type { AppSpec } from '@portcullis/model/resource/app'
import type { OrganizationSpec } from '@portcullis/model/resource/organization'
import type { Resource } from '@portcullis/model/resource/resource'
import { normalizeUpstream } from '@portcullis/model/resource/upstream'
import type { Revision, RevisionApi } from '@portcullis/model/revision'
import { newClientSecret } from '@portcullis/oauth/client/client-secret'
import { hashPassword } from '@portcullis/oauth/password/password'
import { openMemoryBreaches } from '@portcullis/ports/breaches/memory'
import { type ManualClock, manualClock } from '@portcullis/ports/clock/memory'
import type { Clock } from '@portcullis/ports/clock/port'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import { openMemoryCountries } from '@portcullis/ports/countries/memory'
import { openMemoryEvents } from '@portcullis/ports/events/memory'
import { openMemoryIdentities } from '@portcullis/ports/identities/memory'
import { collectingLog } from '@portcullis/ports/log/memory'
import { openMemoryMail } from '@portcullis/ports/mail/memory'
import { openMemoryRisk } from '@portcullis/ports/risk/memory'
import { openMemorySecrets } from '@portcullis/ports/secrets/memory'
import { openMemoryStore } from '@portcullis/ports/store/memory'
import { put, remove, type Store } from '@portcullis/ports/store/port'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { openAssertions } from '@portcullis/saml/assertions'
import { openHttp1Web } from '@portcullis/web/http1-web'
import { CompactSign, generateKeyPair } from 'jose'
import { type Authserver, type AuthserverOptions, startAuthserver } from './start-authserver.ts'

export const WAREHOUSE = 'https://api.example/warehouse/v1'
export const BILLING = 'https://api.example/billing/v1'
export const PASSWORD = 'correct horse battery staple'

const SCOPES = {
  warehouse: { list_items: 'See what is in stock', order_item: 'Order items in your name' },
  billing: { list_items: 'See invoice items', pay: 'Pay <b>invoices</b>' },
} as const

/** What can be asked for beyond scopes. */
const DETAILS: Readonly<Record<string, NonNullable<RevisionApi['authorizationDetails']>>> = {
  billing: {
    payment: {
      title: 'Pay one invoice',
      schema: {
        type: 'object',
        properties: {
          type: { const: 'payment' },
          invoice: { type: 'string', maxLength: 32 },
          cents: { type: 'integer', minimum: 1, maximum: 100_000 },
          locations: { type: 'array', items: { type: 'string' } },
        },
        required: ['type', 'invoice', 'cents'],
        additionalProperties: false,
      },
    },
  },
}

/** What an app subscribes to: API and scopes. */
export type Subscribed = readonly (readonly [keyof typeof SCOPES, readonly string[]])[]

const publisher = generateKeyPair('EdDSA')

/** A revision as the control plane publishes it. */
function revisionOf(
  organization: string,
  number: number,
  subscriptions: Readonly<Record<string, Subscribed>>,
  documentApps: readonly DocumentApp[] = [],
): Revision {
  const issuer = `https://auth.example/${organization}`
  return {
    format: 1,
    organization,
    environment: 'production',
    number,
    publishedAt: '2026-11-22T12:00:00Z',
    hosts: ['api.example'],
    issuer: { url: issuer, jwksUri: `${issuer}/jwks` },
    policies: [],
    groups: [],
    apis: Object.entries(SCOPES).map(([api, scopes]) => ({
      api,
      version: 'v1',
      title: `The ${api}`,
      basePath: `/${api}/v1`,
      audience: `https://api.example/${api}/v1`,
      upstream: normalizeUpstream('http://127.0.0.1:9'),
      ...(DETAILS[api] && { authorizationDetails: DETAILS[api] }),
      classification: 'internal',
      deprecated: false,
      scopes,
      schemes: { oauth: { type: 'oauth2' } },
      policies: [],
      operations: [],
    })),
    products: [],
    plans: [],
    otherEnvironments: [],
    externalApps: [],
    documentApps: [...documentApps],
    addressLists: [],
    policySets: [],
    subscriptions: Object.entries(subscriptions).flatMap(([app, all]) =>
      all.map(([api, scopes]) => ({
        subscription: `${app}-${api}`,
        app,
        product: api,
        plan: 'free',
        apis: [{ api, version: 'v1' }],
        scopes: [...scopes],
      })),
    ),
  }
}

export type WorldOptions = Omit<Partial<AuthserverOptions>, 'clock'> & {
  /** One that stands still when absent. */
  readonly clock?: ManualClock
  /** A store in memory when absent. */
  readonly openStore?: (clock: Clock) => Store | Promise<Store>
}

/** An authorization server over HTTP on a store of its own, and all that an operator can do to it. */
export async function openWorld({
  openStore = openMemoryStore,
  clock = manualClock(Date.now()),
  ...options
}: WorldOptions = {}) {
  const log = collectingLog()
  const store = await openStore(clock)
  const mail = openMemoryMail()
  const events = openMemoryEvents()
  const countries = openMemoryCountries({})
  const risk = openMemoryRisk(() => 0)
  const web = openHttp1Web()
  const vault = openMemoryVault({})
  const ports = {
    store,
    clock,
    log,
    counters: openMemoryCounters(clock),
    secrets: openMemorySecrets(),
    mail,
    breaches: openMemoryBreaches('everybody knows this one'),
    events,
    countries,
    risk,
    web,
    identities: openMemoryIdentities({}),
    vault,
    assertions: openAssertions(),
  }
  const start = (port: number, url?: string): Promise<Authserver> =>
    startAuthserver({
      listen: { host: '127.0.0.1', port },
      lookMillis: 50,
      ...ports,
      ...(url === undefined ? {} : { url }),
      ...options,
    })
  let server = await start(0)
  const numbers = new Map<string, number>()

  const apply = (resource: Resource): Promise<void> => {
    const owner = resource.kind === 'Organization' ? SYSTEM : resource.organization
    return store.commit([put(resources, owner, idOf.resource(resource.kind, resource.name), resource)])
  }
  const world = {
    ...ports,
    get url(): string {
      return server.url
    },
    get port(): number {
      return server.port
    },
    server: () => server,
    issuer: (organization = 'hmart') => `${server.url}/${organization}`,
    apply,
    organization: (name: string, spec: Partial<OrganizationSpec> = {}) =>
      apply({
        kind: 'Organization',
        organization: name,
        name,
        spec: { title: `${name} & Sons`, signingAlgorithms: ['ES256'], secondFactor: 'optional', ...spec },
      }),
    app: (name: string, spec: Partial<AppSpec>, organization = 'hmart') =>
      apply({
        kind: 'App',
        organization,
        name,
        spec: {
          title: `The ${name} app`,
          grants: ['client_credentials'],
          redirectUris: [],
          public: false,
          firstParty: false,
          ...spec,
        },
      }),
    user: (name: string, disabled = false, organization = 'hmart') =>
      apply({
        kind: 'User',
        organization,
        name,
        spec: { title: name, disabled, email: `${name}@hmart.example` },
      }),
    remove: (kind: 'App' | 'User', name: string, organization = 'hmart') =>
      store.commit([remove(resources, organization, idOf.resource(kind, name))]),
    password: async (
      user: string,
      password = PASSWORD,
      organization = 'hmart',
      changedAt = '2026-01-01T00:00:00Z',
    ) => {
      const hash = await hashPassword(new Secret(password))
      await store.commit([put(passwords, organization, user, { user, hash, changedAt })])
    },
    credential: async (
      app: string,
      changes: Partial<Credential> = {},
      organization = 'hmart',
    ): Promise<string> => {
      const secret = newClientSecret()
      const hash = fingerprintOf(secret)
      const credential = {
        id: hash.slice(0, 8),
        app,
        hash,
        issuedAt: new Date(clock.now()).toISOString(),
        ...changes,
      }
      await store.commit([put(credentials, organization, credential.id, credential)])
      return secret.reveal()
    },
    publish: async (
      subscriptions: Readonly<Record<string, Subscribed>>,
      organization = 'hmart',
      documentApps: readonly DocumentApp[] = [],
    ) => {
      const number = (numbers.get(organization) ?? 0) + 1
      numbers.set(organization, number)
      const payload = new TextEncoder().encode(
        JSON.stringify(revisionOf(organization, number, subscriptions, documentApps)),
      )
      const header = { alg: 'EdDSA', typ: 'portcullis-revision' }
      const jws = await new CompactSign(payload).setProtectedHeader(header).sign((await publisher).privateKey)
      const signed = { number, publishedAt: '2026-11-22T12:00:00Z', jws }
      await store.commit([
        put(revisions, organization, idOf.revision('production', number), signed),
        put(revisionHeads, organization, idOf.revisionHead('production'), { number }),
      ])
    },
    /** Stops the server and starts another at the same address on the same store. */
    restart: async () => {
      const { port, url } = server
      await server.close()
      // Connections that `fetch` kept must be seen closed before it uses them again.
      await setTimeout(50)
      server = await start(port, url)
    },
    close: async () => {
      await server.close()
      web.close()
      await store.close()
    },
  }
  await world.organization('hmart')
  return world
}

export type World = Awaited<ReturnType<typeof openWorld>>

export interface TokenAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Readonly<Record<string, unknown>>
}

export interface TestClient {
  readonly id: string
  readonly secret?: string
  readonly organization?: string
}

/** A token request as an app makes it, its secret in the Authorization header when it has one. */
export function requestToken(
  world: World,
  client: TestClient,
  parameters: Readonly<Record<string, string>> | readonly (readonly [string, string])[],
  headers: Readonly<Record<string, string>> = {},
): Promise<TokenAnswer> {
  return post(world, '/token', client, parameters, headers)
}

/** The same to another address below the issuer. */
export async function post(
  world: World,
  path: string,
  client: TestClient,
  parameters: Readonly<Record<string, string>> | readonly (readonly [string, string])[],
  headers: Readonly<Record<string, string>> = {},
): Promise<TokenAnswer> {
  const body = new URLSearchParams(parameters as Record<string, string>)
  const sent: Record<string, string> = { ...headers }
  if (client.secret === undefined) body.set('client_id', client.id)
  else sent.authorization = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`
  const answer = await fetch(`${world.issuer(client.organization)}${path}`, {
    method: 'POST',
    body,
    headers: sent,
  })
  return {
    status: answer.status,
    headers: answer.headers,
    body: JSON.parse((await answer.text()) || '{}') as Record<string, unknown>,
  }
}
