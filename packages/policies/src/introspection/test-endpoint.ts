import { generateKeyPairSync } from 'node:crypto'
import { anyPolicy, type Ports } from '@portcullis/policy-kit/policy'
import { bindFor, runThrough, testExchange } from '@portcullis/policy-kit/test-kit'
import { manualClock } from '@portcullis/ports/clock/memory'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import { openMemoryRevocations } from '@portcullis/ports/revocations/memory'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { type MemoryAnswer, openMemoryWeb } from '@portcullis/ports/web/memory'
import type { WebRequest } from '@portcullis/ports/web/port'
import { revision } from '../jwt/test-call.ts'
import { AUDIENCE, ISSUER, keysOf, NOW } from '../jwt/test-issuer.ts'
import { introspection as typed } from './policy.ts'

export const introspection = anyPolicy(typed)
export const ENDPOINT = 'https://login.example/introspect'
export const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
export const config = { endpoint: ENDPOINT, client: { id: 'gateway', secret: 'introspection' } }

export const good = {
  active: true,
  iss: ISSUER,
  aud: AUDIENCE,
  client_id: 'robot',
  sub: 'ada',
  scope: 'list_items',
  iat: NOW / 1000 - 10,
  exp: NOW / 1000 + 300,
  jti: 'opaque-1',
}

export const json = (body: unknown): MemoryAnswer => ({
  status: 200,
  headers: { 'Content-Type': 'application/json;charset=utf-8' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

/** A gateway with an endpoint that answers as the test says. */
export function gateway(answer: (request: WebRequest) => MemoryAnswer | Promise<MemoryAnswer>) {
  const asked: WebRequest[] = []
  const clock = manualClock(NOW)
  const revocations = openMemoryRevocations(clock)
  const ports: Partial<Ports> = {
    web: openMemoryWeb({
      [ENDPOINT]: (request) => {
        asked.push(request)
        return answer(request)
      },
    }),
    vault: openMemoryVault({
      introspection: 's3cret/ü',
      'introspection-key': pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    }),
    keys: keysOf(),
    counters: openMemoryCounters(clock),
    revocations,
  }
  async function send(token: string | undefined, changes: Record<string, unknown> = {}, at = NOW, more = {}) {
    const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` }
    const x = testExchange({ revision, headers, receivedAt: at })
    const steps = bindFor(introspection, { config: { ...config, ...changes } as never }, x, {
      ...ports,
      ...more,
    })
    const own = steps.filter((step) => step.policy === 'introspection')
    return runThrough(own, x)
  }
  const codeOf = async (...call: Parameters<typeof send>) => {
    const { ending, x } = await send(...call)
    if (ending?.verdict !== 'refuse') return undefined
    if (x.principal !== undefined) throw new Error('refused, and yet there is a principal')
    return ending.fault.code.replace(/^introspection\./, '')
  }
  return { asked, revocations, clock, send, codeOf }
}
