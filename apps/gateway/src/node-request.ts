import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Fault } from '@portcullis/kernel/fault'
import { methods } from '@portcullis/model/contract'
import type { IncomingRequest } from '@portcullis/policy-kit/exchange'
import { HeaderList } from '@portcullis/policy-kit/header-list'
import type { Body } from '@portcullis/policy-kit/reply'
import { gatewayFaults } from './fault.ts'
import { readTarget } from './request-target.ts'

const carried = new Set<string>(methods)

/** What one connection may begin with: the head of a request, read strictly, or the fault in it. */
export function readHead(message: IncomingMessage, maxFields: number): RequestHead | Fault {
  const { method = '', url = '', rawHeaders } = message
  if (rawHeaders.length > maxFields * 2) {
    return gatewayFaults['head-too-large']({ detail: `A request has at most ${maxFields} header fields.` })
  }
  if (!carried.has(method)) return gatewayFaults['method-not-implemented']()
  const headers = new HeaderList(rawHeaders)
  const host = onlyHost(headers)
  if (host === undefined) return malformed('There must be exactly one Host field (RFC 9112 §3.2).')
  const target = readTarget(url, host)
  if (target === undefined) return malformed('The request target or the Host field is not well-formed.')
  const coding = headers.get('transfer-encoding')
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || message.httpVersion !== '1.1')) {
    return malformed('The only transfer coding is chunked, in HTTP/1.1 (RFC 9112 §6.1).')
  }
  // An offer of HTTP/2 may be left aside, as RFC 9110 §7.8 allows; who asks for another protocol can't go on.
  const upgrade = headers.get('upgrade')
  if (upgrade !== undefined && upgrade.toLowerCase() !== 'h2c')
    return gatewayFaults['upgrade-not-implemented']()
  if (target.host !== host) headers.set('Host', target.host)
  const hasBody = coding !== undefined || Number(headers.get('content-length') ?? 0) > 0
  return { method, target: target.target, headers, hasBody }
}

export interface RequestHead {
  readonly method: string
  readonly target: string
  readonly headers: HeaderList
  readonly hasBody: boolean
}

function malformed(detail: string): Fault {
  return gatewayFaults['malformed-request']({ detail })
}

function onlyHost(headers: HeaderList): string | undefined {
  const hosts = headers.all('host')
  return hosts.length === 1 ? hosts[0] : undefined
}

/** A request of node:http in our own words. */
export class NodeRequest implements IncomingRequest {
  readonly method: string
  readonly target: string
  readonly headers: HeaderList
  readonly remoteAddress: string
  declare readonly body?: Body
  #leaving: AbortController | undefined
  #gone = false

  constructor(head: RequestHead, remoteAddress: string, body: Body | undefined) {
    this.method = head.method
    this.target = head.target
    this.headers = head.headers
    this.remoteAddress = remoteAddress
    if (body !== undefined) this.body = body
  }

  /** Made when first asked for: most of our own answers never look at it. */
  get signal(): AbortSignal {
    if (this.#leaving === undefined) {
      this.#leaving = new AbortController()
      if (this.#gone) this.#leaving.abort()
    }
    return this.#leaving.signal
  }

  callerLeft(): void {
    this.#gone = true
    this.#leaving?.abort()
  }
}

/**
 * The body of a request, read from the socket only as fast as somebody asks for it. To stop asking leaves the
 * connection as it is: the reply still has to go out on it.
 */
export class RequestBody implements AsyncIterable<Uint8Array>, AsyncIterator<Uint8Array> {
  readonly #message: IncomingMessage
  readonly #begin: (() => void) | undefined
  #wake: (() => void) | undefined
  #begun = false

  /** `response` is given where the caller waits to be told to go on (RFC 9110 §10.1.1). */
  constructor(message: IncomingMessage, response: ServerResponse | undefined) {
    this.#message = message
    this.#begin = response && (() => response.writeContinue())
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    if (!this.#begun) {
      this.#begun = true
      this.#begin?.()
      this.#listen('on')
    }
    return this
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    for (;;) {
      const chunk: Uint8Array | null = this.#message.read()
      if (chunk !== null) return { done: false, value: chunk }
      if (this.#message.readableEnded) return { done: true, value: undefined }
      if (this.#message.destroyed) throw gatewayFaults['caller-gone']()
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.throwAway()
    return { done: true, value: undefined }
  }

  /** Reads on without keeping anything, for whoever is not interested in the rest. */
  throwAway(): void {
    if (this.#begun) this.#listen('off')
    this.#message.resume()
  }

  /** Whether the caller still waits to be told to send the body. */
  get isAwaited(): boolean {
    return this.#begin !== undefined && !this.#begun
  }

  readonly #onChange = (): void => {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  #listen(how: 'on' | 'off'): void {
    for (const event of ['readable', 'end', 'close', 'error']) this.#message[how](event, this.#onChange)
  }
}
