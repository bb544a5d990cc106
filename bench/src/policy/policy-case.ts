import { X509Certificate } from 'node:crypto'
import { makeAuthority } from '@portcullis/http1/fixture/make-certificate'
import type { Attachment } from '@portcullis/model/attachment'
import type { SecurityScheme } from '@portcullis/model/security'
import type { Statement } from '@portcullis/ports/assertions/statement'
import type { MemoryAnswer, MemorySites } from '@portcullis/ports/web/memory'
import type { IssuedKeys } from '../world/api-keys.ts'
import type { Issuer } from '../world/issuer.ts'
import { claims } from '../world/revision.ts'

type Config = Attachment['config']

/** What is measured inside the gateway, without sockets: calls of one operation with certain policies in front. */
export interface PolicyCase {
  readonly name: string
  /** All that runs, by the ids of the catalogue, with the config of the attachment. */
  readonly policies: Readonly<Record<string, Config>>
  /** What is asked at `/access/v1/evaluation` of the API version, in place of the usual request. */
  readonly question?: string
  /** Who else is asked, and what they answer. */
  readonly sites?: MemorySites
  /** So many Cedar policies hold for it. */
  readonly cedarPolicies?: number
  /** The status with which every call is answered; 200 when absent. */
  readonly answer?: number
  /** The case that does the same without what this one is about: the difference to it is what that adds. */
  readonly over?: string
  /** What the operation demands in place of a token. */
  readonly scheme?: SecurityScheme
  /** DER. What each connection shows. */
  readonly certificate?: Uint8Array
  /** What every request carries. */
  readonly body?: Uint8Array
  /** What an issuer says in the assertions that requests carry, by their turn. */
  readonly assertion?: Statement
  /** Fields that requests have besides the usual ones, names and values in turn: for one request after another. */
  readonly fields?: (issuer: Issuer, keys: IssuedKeys) => readonly (readonly string[])[]
}

/** As many as the proxy benchmark's cases with cached tokens have in turn. */
const TOKENS = 1_000

function bearerTokens(issuer: Issuer): string[][] {
  const signedIn = { ...claims, auth_time: Math.floor(Date.now() / 1000) }
  return issuer.tokens('ES256', TOKENS, signedIn).map((token) => ['Authorization', `Bearer ${token}`])
}

/** Of whichever token: that it is good. */
function introspected(): MemoryAnswer {
  const exp = Math.floor(Date.now() / 1000) + 86_400
  const body = JSON.stringify({ active: true, ...claims, exp })
  return { status: 200, headers: { 'Content-Type': 'application/json' }, body }
}

const NAME_AND_PASSWORD = `Basic ${Buffer.from('ada:correct horse').toString('base64')}`
const clientCertificate = new X509Certificate(makeAuthority().issue(['robot.example']).certificate)
const PEM = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----'
const issuedAt = Date.now()
const assertion: Statement = {
  id: '_1',
  issuer: 'https://idp.example',
  issuedAt,
  subject: { value: 'ada' },
  confirmations: [{ method: 'bearer', notOnOrAfter: issuedAt + 86_400_000, certificates: [] }],
  audiences: [['https://api.example/shop/v1']],
  oneTimeUse: false,
  attributes: {},
}
const WSSE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd'
/** An order of a kilobyte, with a name and a password. */
const soapMessage = Buffer.from(
  `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header><w:Security xmlns:w="${WSSE}">` +
    '<w:UsernameToken><w:Username>partner</w:Username><w:Password>of-no-use-elsewhere</w:Password></w:UsernameToken>' +
    `</w:Security></s:Header><s:Body>${'<item><id>77</id><count>2</count></item>'.repeat(25)}</s:Body></s:Envelope>`,
)
const cors: Config = { origins: ['https://shop.example'] }
const rateLimit: Config = { limit: 1_000_000_000, window: '1s', by: 'app' }
const headers: Config = {
  request: { set: { 'X-App': '{client}', 'X-Plan': '{plan}' }, remove: ['cookie'] },
  reply: { remove: ['server'], security: true },
}
const known: Pick<PolicyCase, 'over' | 'fields'> = { over: 'jwt', fields: bearerTokens }

/** Every policy of the catalogue has a case of its name (a test says so); then come the stacks that people use. */
export const policyCases: readonly PolicyCase[] = [
  { name: 'plain', policies: {} },
  {
    name: 'ip-filter',
    over: 'plain',
    policies: { 'ip-filter': { deny: ['198.51.100.0/24', '2001:db8::/32'] } },
  },
  { name: 'country', over: 'plain', policies: { country: { deny: ['AQ'] } } },
  { name: 'bot-agent', over: 'plain', policies: { 'bot-agent': { lists: ['scanner', 'trainer'] } } },
  {
    name: 'time-window',
    over: 'plain',
    policies: { 'time-window': { zone: 'Europe/Berlin', windows: [{ to: '12:00' }, { from: '12:00' }] } },
  },
  { name: 'maintenance', over: 'plain', policies: { maintenance: { from: '2100-01-01T00:00:00Z' } } },
  {
    name: 'size-limit',
    over: 'plain',
    policies: { 'size-limit': { maxBodyBytes: 65_536, maxFieldBytes: 8_192 } },
  },
  { name: 'websocket', over: 'plain', policies: { websocket: {} } },
  { name: 'cors', over: 'plain', policies: { cors } },
  { name: 'csrf', over: 'plain', policies: { csrf: { tokenCookie: '__Host-session' } } },
  { name: 'jwt', over: 'plain', policies: { jwt: {} }, fields: bearerTokens },
  {
    name: 'mtls',
    over: 'plain',
    policies: { mtls: { apps: [{ app: 'robot', fingerprint: clientCertificate.fingerprint256 }] } },
    scheme: { type: 'mutualTLS' },
    certificate: clientCertificate.raw,
  },
  {
    name: 'basic',
    over: 'plain',
    policies: { basic: { app: 'robot', keepFor: '1h' } },
    scheme: { type: 'http', scheme: 'basic' },
    fields: () => [['Authorization', NAME_AND_PASSWORD]],
  },
  {
    name: 'ldap',
    over: 'plain',
    policies: {
      ldap: {
        urls: ['ldaps://directory.example'],
        template: 'uid={name},dc=example',
        app: 'robot',
        keepFor: '1h',
      },
    },
    scheme: { type: 'http', scheme: 'basic' },
    fields: () => [['Authorization', NAME_AND_PASSWORD]],
  },
  {
    name: 'saml-assertion',
    over: 'plain',
    policies: {
      'saml-assertion': {
        issuers: [{ name: assertion.issuer, certificates: [PEM] }],
        app: 'robot',
        reuse: true,
        maxAge: '24h',
      },
    },
    scheme: { type: 'http', scheme: 'saml' },
    assertion,
  },
  {
    name: 'ws-security',
    over: 'plain',
    policies: {
      'ws-security': {
        usernameToken: { users: { partner: { password: 'bench', app: 'robot' } }, accept: ['text'] },
      },
    },
    scheme: { type: 'http', scheme: 'wsse' },
    certificate: clientCertificate.raw,
    fields: () => [['Content-Type', 'text/xml; charset=utf-8']],
    body: soapMessage,
  },
  {
    name: 'api-key',
    over: 'plain',
    policies: { 'api-key': {} },
    scheme: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
    fields: (_issuer, keys) => keys.secrets.map((key) => ['X-API-Key', key.reveal()]),
  },
  {
    name: 'introspection',
    over: 'plain',
    policies: {
      introspection: {
        endpoint: 'https://login.example/introspect',
        tokens: 'all',
        client: { id: 'gateway', secret: 'bench' },
        keepFor: '1h',
      },
    },
    sites: { 'https://login.example/introspect': introspected },
    fields: bearerTokens,
  },
  { name: 'scope', ...known, policies: { jwt: {}, scope: {} } },
  {
    name: 'scope-expression',
    ...known,
    policies: {
      jwt: {},
      scope: { require: 'list_items and (order_item or read_stock)' },
    },
  },
  { name: 'audience', ...known, policies: { jwt: {}, audience: {} } },
  { name: 'client-id', ...known, policies: { jwt: {}, 'client-id': { deny: ['somebody-else'] } } },
  { name: 'role', ...known, policies: { jwt: {}, role: { noneOf: ['quarantined'] } } },
  { name: 'risk', ...known, policies: { jwt: {}, risk: { keepFor: '1h' } } },
  { name: 'acr', ...known, policies: { jwt: {}, acr: { maxAge: '365d' } } },
  { name: 'authorize', ...known, policies: { jwt: {}, authorize: {} }, cedarPolicies: 50 },
  {
    name: 'decision-point',
    ...known,
    policies: {
      jwt: {},
      'decision-point': { url: 'https://pdp.example/decide', dialect: 'authzen', keepFor: '1h' },
    },
    sites: { 'https://pdp.example/decide': () => ({ status: 200, body: '{"decision": true}' }) },
  },
  { name: 'subscription', ...known, policies: { jwt: {}, subscription: {} } },
  { name: 'rate-limit', ...known, policies: { jwt: {}, 'rate-limit': rateLimit } },
  {
    name: 'spike-arrest',
    ...known,
    policies: { jwt: {}, 'spike-arrest': { limit: 1_000_000_000, window: '1s' } },
  },
  {
    name: 'throttle',
    ...known,
    policies: { jwt: {}, throttle: { limit: 1_000_000_000, window: '1s', burst: 1_000_000 } },
  },
  { name: 'concurrency', ...known, policies: { jwt: {}, concurrency: { limit: 100 } } },
  { name: 'quota', ...known, policies: { jwt: {}, quota: { limit: 1_000_000_000, per: 'month' } } },
  { name: 'headers', ...known, policies: { jwt: {}, headers } },
  {
    name: 'redirect',
    over: 'plain',
    answer: 308,
    policies: { redirect: { to: 'https://new.example{rest}{query}' } },
  },
  { name: 'mock', over: 'plain', policies: { mock: {} } },
  { name: 'cache', over: 'plain', policies: { cache: { freshFor: '1d' } } },
  {
    name: 'authzen',
    ...known,
    policies: { jwt: {}, authzen: {} },
    question: JSON.stringify({
      subject: { type: 'App', id: 'robot' },
      action: { name: 'item1' },
      resource: { type: 'ApiVersion', id: 'shop/v1' },
      context: { scopes: ['list_items'], address: '192.0.2.7' },
    }),
    cedarPolicies: 50,
  },
  { name: 'timeouts', over: 'plain', policies: { timeouts: { firstByte: '2m', whole: '5m' } } },
  { name: 'standing', over: 'plain', policies: { standing: { types: ['text/csv'] } } },
  {
    name: 'identity-headers',
    ...known,
    policies: { jwt: {}, 'identity-headers': { fields: { 'X-App': 'client', 'X-User': 'subject' } } },
  },
  { name: 'identity-token', ...known, policies: { jwt: {}, 'identity-token': { key: 'bench-key' } } },
  {
    name: 'backend-auth',
    over: 'plain',
    policies: { 'backend-auth': { apiKey: { name: 'X-Key', key: 'bench' } } },
  },
  { name: 'cedar-100', ...known, policies: { jwt: {}, authorize: {} }, cedarPolicies: 100 },
  { name: 'cedar-1000', ...known, policies: { jwt: {}, authorize: {} }, cedarPolicies: 1_000 },
  {
    name: 'usual-stack',
    over: 'plain',
    policies: { cors, jwt: {}, scope: {}, subscription: {}, authorize: {}, 'rate-limit': rateLimit, headers },
    cedarPolicies: 50,
    fields: bearerTokens,
  },
]

/**
 * The cases that were asked for, all when none was, with those that they are compared to, in the order of the table.
 *
 * @throws RangeError for a name that is none.
 */
export function choosePolicyCases(asked: readonly string[]): PolicyCase[] {
  const unknown = asked.filter((name) => !policyCases.some((each) => each.name === name))
  if (unknown.length > 0) {
    const names = policyCases.map((each) => each.name).join(', ')
    throw new RangeError(`there is no case ${unknown.join(', ')}; there are ${names}`)
  }
  if (asked.length === 0) return [...policyCases]
  const wanted = policyCases.filter((each) => asked.includes(each.name))
  const beside = wanted.map((each) => each.over)
  return policyCases.filter((each) => wanted.includes(each) || beside.includes(each.name))
}
