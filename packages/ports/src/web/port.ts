import { defineFaults } from '@portcullis/kernel/fault'
import type { Secret } from '@portcullis/kernel/secret'

/**
 * The web is whoever else a policy must ask over HTTP: an introspection endpoint, a decision point, a token endpoint.
 *
 * One request, one whole answer, both bounded. Redirects are answers like others and never followed; certificates are
 * verified. No answer in time, or none that can be read, rejects with `web.unavailable`; an answer above `maxBytes`
 * rejects with `web.too-large`. A status is no failure: whoever asks says what it means.
 */
export interface Web {
  ask(request: WebRequest): Promise<WebAnswer>
}

export interface WebRequest {
  /** `https:`, or `http:` where the operator accepts that nobody else listens. */
  readonly url: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Names and values in turn, without what belongs to the connection or frames the body. */
  readonly headers: readonly string[]
  readonly body?: string | Uint8Array
  /** From the first attempt to connect to the last byte of the answer. */
  readonly timeoutMillis: number
  /** Of the answer's body. */
  readonly maxBytes: number
  /** What we show where the other side asks for a certificate; the same object for all requests that show the same. */
  readonly certificate?: ClientCertificate | undefined
  /** Ends the wait when the caller goes away. */
  readonly signal?: AbortSignal
}

/** A certificate of ours, PEM. */
export interface ClientCertificate {
  /** With those above it behind it. */
  readonly chain: string
  readonly key: Secret
}

export interface WebAnswer {
  readonly status: number
  /** A field's value, several joined by a comma; `undefined` where there is none. Names in any case. */
  header(name: string): string | undefined
  readonly body: Uint8Array
}

export const webFaults = defineFaults('web', {
  unavailable: {
    status: 503,
    title: 'A service that this call depends on does not answer',
    remedy:
      'Try again in a moment. Operators: the log names the service; check that the gateway reaches it and trusts its certificate.',
  },
  'too-large': {
    status: 502,
    title: 'A service that this call depends on answered with too much',
    remedy: 'Operators: the log names the service; look at what it sends.',
  },
})
