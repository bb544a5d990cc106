import { Secret } from '@portcullis/kernel/secret'
import { signerContract } from '@portcullis/ports/signer/contract'
import { signerFaults } from '@portcullis/ports/signer/port'
import { openMemoryWeb } from '@portcullis/ports/web/memory'
import type { Web, WebRequest } from '@portcullis/ports/web/port'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FakeEngine, startTransitEngine } from './fixture/transit-engine.ts'
import { openTransitSigner } from './transit-signer.ts'

/** The web as it is: the adapter of that port is a sibling, and these are few requests. */
const web: Web = {
  async ask({ url, method, headers, body }: WebRequest) {
    const pairs = headers.flatMap((name, i) =>
      i % 2 === 0 ? [[name, headers[i + 1] ?? ''] as [string, string]] : [],
    )
    const answer = await fetch(url, {
      method,
      headers: pairs,
      ...(body !== undefined && { body: body as string }),
    })
    return {
      status: answer.status,
      header: (name) => answer.headers.get(name) ?? undefined,
      body: new Uint8Array(await answer.arrayBuffer()),
    }
  },
}

describe('an engine that speaks the transit API', () => {
  let engine: FakeEngine
  beforeAll(async () => {
    engine = await startTransitEngine()
  })
  afterAll(() => engine.close())
  const open = (changes = {}) => {
    const { url, token } = engine
    return openTransitSigner(web, { url, token: new Secret(token), timeoutMillis: 2000, ...changes })
  }

  signerContract('transit', open)

  it('has a key of its own for each of ours, with whose it is in its name', async () => {
    const { reference } = await open().makeKey('ES256', 'hmart')
    expect(reference).toMatch(/^portcullis-hmart-[0-9a-f]{16}$/)
    expect([...engine.keys.keys()]).toContain(reference)
  })

  it('makes no key of an algorithm that it has not got', async () => {
    const made = open().makeKey('ML-DSA-65', 'hmart')
    await expect(made).rejects.toSatisfy((thrown) => signerFaults.unsupported.is(thrown))
  })

  it('that refuses us, or is away, or answers nonsense, signs nothing', async () => {
    const isAway = (thrown: unknown) => signerFaults.unavailable.is(thrown)
    await expect(open({ token: new Secret('wrong') }).makeKey('ES256', 'hmart')).rejects.toSatisfy(isAway)
    const { reference } = await open().makeKey('ES256', 'hmart')
    const key = { reference, algorithm: 'ES256' } as const
    const url = 'https://vault.example/v1/transit'
    const sites = [
      {},
      { [`${url}/sign/${reference}`]: () => ({ status: 200, body: 'no JSON' }) },
      { [`${url}/sign/${reference}`]: () => ({ status: 200, body: '{"data":{}}' }) },
    ]
    for (const each of sites) {
      const signer = openTransitSigner(openMemoryWeb(each), {
        url,
        token: new Secret('x'),
        timeoutMillis: 50,
      })
      await expect(signer.sign(key, new Uint8Array(1))).rejects.toSatisfy(isAway)
    }
  })
})
