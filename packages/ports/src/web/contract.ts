import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MemoryAnswer } from './memory.ts'
import { type Web, type WebRequest, webFaults } from './port.ts'

/** What a test's site is told of a request. */
export interface SeenRequest {
  readonly method: string
  readonly body: string
  header(name: string): string | undefined
}

export type Site = (request: SeenRequest) => MemoryAnswer | Promise<MemoryAnswer>

export interface WebUnderTest {
  readonly web: Web
  /** Puts a site on the web; resolves to its URL. */
  put(site: Site): Promise<string>
  /** An address at which nobody is. */
  readonly nowhere: string
  close(): Promise<void>
}

/** What everybody guarantees who asks others over HTTP. */
export function webContract(name: string, open: () => WebUnderTest | Promise<WebUnderTest>): void {
  describe(`web contract: ${name}`, () => {
    let under: WebUnderTest

    beforeEach(async () => {
      under = await open()
    })
    afterEach(() => under.close())

    const ask = (url: string, changes: Partial<WebRequest> = {}) =>
      under.web.ask({ url, method: 'GET', headers: [], timeoutMillis: 5000, maxBytes: 10_000, ...changes })

    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

    it('brings status, fields and body', async () => {
      const url = await under.put(() => ({ status: 203, headers: { 'X-Made-By': 'us' }, body: 'grüße' }))
      const answer = await ask(url)
      expect(answer.status).toBe(203)
      expect(answer.header('x-made-by')).toBe('us')
      expect(answer.header('X-MADE-BY')).toBe('us')
      expect(answer.header('x-other')).toBeUndefined()
      expect(text(answer.body)).toBe('grüße')
    })

    it('sends method, fields and body', async () => {
      const url = await under.put(async (request) => ({
        status: 200,
        body: `${request.method} ${request.header('content-type')} ${request.body}`,
      }))
      const headers = ['Content-Type', 'application/x-www-form-urlencoded']
      const answer = await ask(url, { method: 'POST', headers, body: 'token=ü' })
      expect(text(answer.body)).toBe('POST application/x-www-form-urlencoded token=ü')
    })

    it.each([301, 401, 404, 500, 503])('takes status %i for an answer', async (status) => {
      const url = await under.put(() => ({ status, headers: { Location: under.nowhere } }))
      expect((await ask(url)).status).toBe(status)
    })

    it('rejects where nobody is', async () => {
      await expect(ask(under.nowhere)).rejects.toSatisfy(webFaults.unavailable.is)
    })

    it('waits no longer than it was told', async () => {
      const url = await under.put(() => new Promise(() => undefined))
      await expect(ask(url, { timeoutMillis: 30 })).rejects.toSatisfy(webFaults.unavailable.is)
    })

    it('waits no longer than its caller', async () => {
      const url = await under.put(() => new Promise(() => undefined))
      const leaving = new AbortController()
      const asked = ask(url, { signal: leaving.signal })
      leaving.abort()
      await expect(asked).rejects.toSatisfy(webFaults.unavailable.is)
      await expect(ask(url, { signal: leaving.signal })).rejects.toSatisfy(webFaults.unavailable.is)
    })

    it('takes an answer of just the size that was said, and none above', async () => {
      const url = await under.put(() => ({ status: 200, body: 'x'.repeat(100) }))
      expect((await ask(url, { maxBytes: 100 })).body.byteLength).toBe(100)
      await expect(ask(url, { maxBytes: 99 })).rejects.toSatisfy(webFaults['too-large'].is)
    })
  })
}
