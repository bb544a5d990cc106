import type { Signal } from '@portcullis/kernel/signal'
import type { DecisionStep } from '@portcullis/model/decision/decision'
import type { Revision, RevisionApi, RevisionOperation } from '@portcullis/model/revision'
import type { BackendCredential } from './backend-credential.ts'
import { BodyAhead } from './body/body-ahead.ts'
import { type BodyWatcher, watchedBody } from './body/watched-body.ts'
import { FieldNames, isReadAlike } from './message/field-names.ts'
import type { HeaderList } from './message/header-list.ts'
import { withoutParameters } from './message/query.ts'
import type { Body, Trailers } from './message/reply.ts'
import type { Timeouts } from './message/timeouts.ts'
import type { Principal, Subscriber } from './principal.ts'
import type { StandingTerms } from './standing/standing-terms.ts'
import type { WebSocketTerms } from './standing/web-socket-terms.ts'
import type { Changes } from './verdict.ts'

/** A request as the listener hands it over. */
export interface IncomingRequest {
  readonly method: string
  /** Origin form: path and, after `?`, the query (RFC 9112 §3.2.1). */
  readonly target: string
  readonly headers: HeaderList
  /** The caller's address, IPv4-mapped IPv6 written as IPv4: the peer's, unless it is a proxy that is trusted. */
  readonly remoteAddress: string
  /** How the caller speaks to us, or to the trusted proxy before us; `http` when absent. */
  readonly scheme?: 'http' | 'https'
  /** What is known of the TLS connection, where there is one to us. */
  readonly tls?: TlsFacts | undefined
  /** Absent when the request has no body. */
  readonly body?: Body
  /** What the caller offers to change to, by a handshake that is well-formed; absent for all other requests. */
  readonly upgrade?: 'websocket' | undefined
  /** What follows the body; absent where nothing can. */
  readonly trailers?: Trailers | undefined
  /** Whether the caller takes fields behind the body of the reply (RFC 9110 §10.1.4). */
  readonly acceptsTrailers?: boolean | undefined
  /** Sends the caller an interim reply, such as 103 (RFC 8297), ahead of the one that is to come. */
  readonly inform?: (status: number, fields: readonly string[]) => void
  /** Aborted when the caller goes away. */
  readonly signal: Signal
}

/** What is known of the TLS connection under a request. */
export interface TlsFacts {
  readonly version: string
  readonly cipher: string
  /** The name the client asked for (RFC 6066 §3). */
  readonly serverName: string | undefined
  /** The client's certificate, DER, where one was asked for and given, and whether it was verified. */
  readonly clientCertificate: { readonly der: Uint8Array; readonly verified: boolean } | undefined
}

/** The operation that the request's method and path lead to. */
export interface MatchedOperation {
  readonly api: RevisionApi
  readonly operation: RevisionOperation
  /** Values of the path template's variables, percent-decoded. */
  readonly parameters: Readonly<Record<string, string>>
}

/** One call on its way through the steps. Ours and flat: the platform's Request costs more than all the rest. */
export class Exchange {
  /** The decision id. */
  readonly id: string
  readonly request: IncomingRequest
  readonly revision: Revision
  /** Milliseconds since the epoch at which the head of the request was complete. */
  readonly receivedAt: number
  readonly match: MatchedOperation | undefined
  /** An OPTIONS request by which a browser asks whether it may make another (Fetch standard). */
  readonly preflight: boolean
  /** Who calls: the first identity that was established, until a step chooses another. */
  principal: Principal | undefined
  /** Every identity that was established, in the order of the steps: a contract may demand several at once. */
  identities: readonly Principal[] = []
  subscriber: Subscriber | undefined
  /** Under which terms the connection may change to WebSocket; without them it doesn't. */
  webSocket: WebSocketTerms | undefined
  /** The caller's country (ISO 3166-1 alpha-2), where a step has found it. */
  country: string | undefined
  /** From 0 to 100, where a step has judged it. */
  risk: number | undefined
  /** The reply is the backend’s: not a refusal, and not made by a step. */
  isForwarded = false
  /** How long the backend may take, where a step has said so. */
  timeouts: Timeouts | undefined
  /** Which replies end with the caller's token; those alone that are known as streams when `undefined`. */
  standing: StandingTerms | undefined
  /** The body, when a step declared that it needs it: whole or its beginning. */
  body: Uint8Array | undefined
  /** What has been read of the body before the backend gets it. */
  ahead: BodyAhead | undefined
  /** Fields for the backend: names and values in turn. */
  readonly setHeaders: string[] = []
  /** Fields kept from the backend, in lower case. */
  readonly removeHeaders: string[] = []
  /** What tells the backend who calls, in the order in which it is written. */
  credentials: readonly BackendCredential[] | undefined
  /** Parameters of the query kept from the backend. */
  removeQuery: readonly string[] | undefined
  readonly trace: DecisionStep[] = []
  #watchers: BodyWatcher[] | undefined
  /** What steps keep for themselves until the reply: see `Note`. */
  notes: unknown[] | undefined
  isOver = false
  /** Who is told when it is: see `whenOver`. */
  awaiting: (() => void)[] | undefined

  constructor(facts: {
    readonly id: string
    readonly request: IncomingRequest
    readonly revision: Revision
    readonly receivedAt: number
    readonly match?: MatchedOperation | undefined
    readonly preflight?: boolean
  }) {
    this.id = facts.id
    this.request = facts.request
    this.revision = facts.revision
    this.receivedAt = facts.receivedAt
    this.match = facts.match
    this.preflight = facts.preflight ?? false
  }

  apply(changes: Changes): void {
    if (changes.identity !== undefined) this.#identify(changes.identity)
    if (changes.principal !== undefined) this.principal = changes.principal
    if (changes.webSocket !== undefined) this.webSocket = changes.webSocket
    if (changes.authorization !== undefined) this.request.headers.set('Authorization', changes.authorization)
    if (changes.subscriber !== undefined) this.subscriber = changes.subscriber
    if (changes.country !== undefined) this.country = changes.country
    if (changes.risk !== undefined) this.risk = changes.risk
    if (changes.timeouts !== undefined) this.timeouts = changes.timeouts
    if (changes.standing !== undefined) this.standing = changes.standing
    if (changes.body !== undefined) {
      this.body = changes.body
      this.ahead = new BodyAhead(changes.body)
    }
    if (changes.credential !== undefined) {
      this.credentials =
        this.credentials === undefined ? [changes.credential] : [...this.credentials, changes.credential]
    }
    if (changes.removeHeaders !== undefined) this.#leaveOut(changes.removeHeaders)
    if (changes.removeQuery !== undefined)
      this.removeQuery = [...(this.removeQuery ?? []), ...changes.removeQuery]
    if (changes.setHeaders !== undefined) for (const each of changes.setHeaders) this.setHeaders.push(each)
  }

  /**
   * For whoever holds something for the length of the call: to be told once it is over, whatever became of it and in
   * whatever mode the step runs. It is over when the reply has no more to come, also where nobody is left to take it.
   * `act` must not throw.
   */
  whenOver(act: () => void): void {
    if (this.isOver) {
      act()
      return
    }
    this.awaiting ??= []
    this.awaiting.push(act)
  }

  /** The call is over. Told more than once is as once. */
  over(): void {
    this.isOver = true
    const acts = this.awaiting ?? []
    this.awaiting = undefined
    for (const act of acts) act()
  }

  /**
   * The same call as it goes on when its caller has been answered: with what was found out of it so far, and without all
   * by which a caller could be told anything. Of a call without a body.
   */
  behind(signal: Signal): Exchange {
    const { method, target, headers, remoteAddress, scheme, tls } = this.request
    const x = new Exchange({
      id: this.id,
      request: {
        method,
        target,
        headers: headers.copy(),
        remoteAddress,
        scheme: scheme ?? 'http',
        tls,
        signal,
      },
      revision: this.revision,
      receivedAt: this.receivedAt,
      match: this.match,
    })
    x.principal = this.principal
    x.identities = this.identities
    x.subscriber = this.subscriber
    x.country = this.country
    x.risk = this.risk
    x.timeouts = this.timeouts
    x.setHeaders.push(...this.setHeaders)
    x.removeHeaders.push(...this.removeHeaders)
    x.credentials = this.credentials
    x.removeQuery = this.removeQuery
    return x
  }

  /** Begins to read the body, or goes on with what was begun. */
  readAhead(body: Body): BodyAhead {
    this.ahead ??= new BodyAhead(body)
    return this.ahead
  }

  /** The fields that go to the backend: the caller's, less those removed, with those set. */
  outgoingHeaders(): HeaderList {
    const { setHeaders, removeHeaders } = this
    if (setHeaders.length + removeHeaders.length === 0) return this.request.headers.copy()
    const gone = new FieldNames(removeHeaders)
    for (let i = 0; i < setHeaders.length; i += 2) gone.add(setHeaders[i] as string)
    const headers = this.request.headers.copyWithout(gone)
    for (let i = 0; i < setHeaders.length; i += 2) {
      if (!isSetLater(setHeaders, i)) headers.append(setHeaders[i] as string, setHeaders[i + 1] as string)
    }
    return headers
  }

  /** The target for the backend, less the parameters removed. */
  outgoingTarget(target: string): string {
    return this.removeQuery === undefined ? target : withoutParameters(target, this.removeQuery)
  }

  /** The body that goes to the backend: what was read ahead, then the rest. To be taken once. */
  outgoingBody(): Body | undefined {
    const body = this.ahead === undefined ? this.request.body : this.ahead.body()
    return body === undefined || this.#watchers === undefined ? body : watchedBody(body, this.#watchers)
  }

  /** Lets somebody see the body on its way to the backend. */
  watchBody(watcher: BodyWatcher): void {
    this.#watchers = [...(this.#watchers ?? []), watcher]
  }

  #identify(identity: Principal): void {
    this.principal ??= identity
    this.identities = [...this.identities, identity]
  }

  /** A later step also takes back what an earlier one had set. */
  #leaveOut(names: readonly string[]): void {
    for (const name of names) this.removeHeaders.push(name)
    for (let i = this.setHeaders.length - 2; i >= 0; i -= 2) {
      if (names.includes((this.setHeaders[i] as string).toLowerCase())) this.setHeaders.splice(i, 2)
    }
  }
}

/** Whether the field at a place is set once more behind it: the last one counts. */
function isSetLater(fields: readonly string[], at: number): boolean {
  for (let i = at + 2; i < fields.length; i += 2) {
    if (isReadAlike(fields[i] as string, fields[at] as string)) return true
  }
  return false
}
