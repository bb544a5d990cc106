import { generateKeyPairSync } from 'node:crypto'
import type { OutgoingDraft } from '@portcullis/policy-kit/backend-credential'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import { anyPolicy, type Ports } from '@portcullis/policy-kit/policy'
import { bindFor, type ExchangeOptions, runThrough, testExchange } from '@portcullis/policy-kit/test-kit'
import { principalOf } from '@portcullis/policy-kit/test-principal'
import { manualClock } from '@portcullis/ports/clock/memory'
import { openMemoryTokens } from '@portcullis/ports/tokens/memory'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { type MemoryAnswer, openMemoryWeb } from '@portcullis/ports/web/memory'
import type { WebRequest } from '@portcullis/ports/web/port'
import { revision } from '../jwt/test-call.ts'
import { NOW } from '../jwt/test-issuer.ts'
import { backendAuth as typed } from './policy.ts'

export const backendAuth = anyPolicy(typed)
export const ENDPOINT = 'https://auth.example/hmart/token'
export const BACKEND = 'https://stock.example'
export const client = { id: 'gateway', secret: 'gateway-client' }
export const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const ed25519 = generateKeyPairSync('ed25519')
export const pem = (each: typeof key) => each.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

const secrets = {
  'gateway-client': 's3cret/ü',
  'assertion-key': pem(key),
  'signature-key': pem(ed25519),
  password: 'pässwörd',
  'stock-key': 'k-123',
  'aws-id': 'AKIDEXAMPLE',
  'aws-secret': 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  'aws-session': 'session-1',
  shared: 'shared key',
  newline: 'a\r\nX: b',
}

/** A caller with a token of ada's. */
export const ada = principalOf({
  client: 'shop',
  subject: 'ada',
  expiresAt: NOW + 300_000,
  claims: { aud: 'https://api.example/warehouse/v1' },
  token: {
    ...{ issuer: 'https://auth.example/hmart', id: 't1', client: 'shop', subject: 'ada' },
    ...{ grant: undefined, session: undefined, issuedAt: NOW },
  },
})
export const withToken: ExchangeOptions = { principal: ada, headers: { Authorization: 'Bearer ada-token' } }

export const json = (status: number, body: unknown): MemoryAnswer => ({ status, body: JSON.stringify(body) })
export type Answer = (form: URLSearchParams, request: WebRequest) => MemoryAnswer | Promise<MemoryAnswer>

/** A gateway with a token endpoint that answers as the test says: `token-1`, `token-2` … unless it says otherwise. */
export function openGateway(answer?: Answer) {
  const clock = manualClock(NOW)
  const asked: URLSearchParams[] = []
  const requests: WebRequest[] = []
  const ports: Partial<Ports> = {
    clock,
    tokens: openMemoryTokens({ clock }),
    vault: openMemoryVault(secrets),
    web: openMemoryWeb({
      [ENDPOINT]: (request) => {
        const form = new URLSearchParams(String(request.body))
        asked.push(form)
        requests.push(request)
        const good = { access_token: `token-${asked.length}`, token_type: 'Bearer', expires_in: 60 }
        return answer?.(form, request) ?? json(200, good)
      },
    }),
  }
  const bind = (config: object, x: Exchange) => bindFor(backendAuth, { config: config as never }, x, ports)

  /** What the backend gets of a call. */
  async function send(config: object, options: ExchangeOptions & { readonly body?: Uint8Array } = {}) {
    const x = testExchange({ revision, receivedAt: clock.now(), ...options })
    if (options.body !== undefined) Object.assign(x.request, { body: options.body })
    const { ending } = await runThrough(bind(config, x), x)
    const draft: OutgoingDraft = {
      origin: BACKEND,
      method: x.request.method,
      target: x.request.target,
      headers: x.outgoingHeaders(),
      body: x.outgoingBody(),
    }
    for (const each of x.credentials ?? []) each.write(draft)
    return { ending, x, draft, fields: draft.headers, told: x.credentials?.[0]?.told }
  }
  return { send, asked, requests, clock, bind }
}
