import { once } from 'node:events'
import { request } from 'node:https'
import type { TestCertificate } from '@portcullis/http1/fixture/make-certificate'
import type { TokenAnswer } from '../test-kit.ts'

/** Speaks TLS to an authorization server, with a certificate of its own or with none. */
export class TlsPeer {
  readonly #authority: string
  readonly #own: TestCertificate | undefined

  constructor(authority: string, own?: TestCertificate) {
    this.#authority = authority
    this.#own = own
  }

  async send(
    url: string,
    form?: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<TokenAnswer> {
    const sent = request(url, {
      ca: this.#authority,
      agent: false,
      ...(this.#own && { cert: this.#own.certificate, key: this.#own.key }),
      ...(form && { method: 'POST' }),
      headers: { ...(form && { 'content-type': 'application/x-www-form-urlencoded' }), ...headers },
    })
    sent.end(form && new URLSearchParams(form).toString())
    const [answer] = await once(sent, 'response')
    const text = Buffer.concat(await answer.toArray()).toString()
    const body = text.startsWith('{') ? JSON.parse(text) : { text }
    return { status: answer.statusCode, headers: new Headers(answer.headers), body }
  }
}
