import { anyPolicy } from '@portcullis/policy-kit/policy'
import { bindFor, runThrough, testExchange } from '@portcullis/policy-kit/test-kit'
import { principalOf } from '@portcullis/policy-kit/test-principal'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { type MemoryAnswer, openMemoryWeb } from '@portcullis/ports/web/memory'
import type { WebRequest } from '@portcullis/ports/web/port'
import { decisionPoint } from './policy.ts'

export const policy = anyPolicy(decisionPoint)
export const URL = 'https://pdp.example/decide'
export const NOW = Date.UTC(2026, 0, 1)

export const ada = principalOf({
  client: 'shop',
  subject: 'ada',
  scopes: new Set(['order_item', 'list_items']),
  claims: { tier: 'gold', limit: 5, address: { city: 'Berlin' } },
  authentication: { context: 'pwd' },
})

export const json = (body: unknown): MemoryAnswer => ({
  status: 200,
  body: typeof body === 'string' ? body : JSON.stringify(body),
})

export type Config = Readonly<Record<string, unknown>>

/** A gateway beside a decision point that answers as the test says. */
export function gateway(answer: (request: WebRequest) => MemoryAnswer | Promise<MemoryAnswer>) {
  const asked: WebRequest[] = []
  const ports = {
    web: openMemoryWeb({
      [URL]: (request) => {
        asked.push(request)
        return answer(request)
      },
    }),
    vault: openMemoryVault({ pdp: 's3cret' }),
  }
  async function send(config: Config, options: Parameters<typeof testExchange>[0] = {}, failOpen = false) {
    const x = testExchange({ principal: ada, parameters: { item: '42' }, receivedAt: NOW, ...options })
    const steps = bindFor(policy, { config: { url: URL, ...config } as never, failOpen }, x, ports)
    return runThrough(steps, x)
  }
  const bodyOf = (i = 0): unknown => JSON.parse(String(asked[i]?.body))
  const codeOf = async (...call: Parameters<typeof send>) => {
    const { ending } = await send(...call)
    return ending?.verdict === 'refuse' ? ending.fault.code : undefined
  }
  return { asked, send, bodyOf, codeOf }
}
