import type { Fault } from '@portcullis/kernel/fault'
import type { Signal } from '@portcullis/kernel/signal'
import type { BackendCredential } from './backend-credential.ts'
import type { BodyWatcher } from './body/watched-body.ts'
import type { Exchange } from './exchange.ts'
import type { Reply } from './message/reply.ts'
import type { Timeouts } from './message/timeouts.ts'
import type { Principal, Subscriber } from './principal.ts'
import type { StandingTerms } from './standing/standing-terms.ts'
import type { WebSocketTerms } from './standing/web-socket-terms.ts'

/** The inputs that a step looked at, for whoever asks why. Never a secret, never personal data. */
export type Saw = Readonly<Record<string, string | number | boolean>>

/** What a step says about a call: data, not control flow, so that it can be recorded, explained and observed. */
export type Verdict = Proceed | Respond | Refuse | Delay

export interface Proceed {
  readonly verdict: 'proceed'
  readonly changes?: Changes
  readonly saw?: Saw
}

/** Answers in place of the backend. */
export interface Respond {
  readonly verdict: 'respond'
  readonly reply: Reply
  readonly saw?: Saw
  /**
   * The backend is asked all the same, with nobody waiting: this is given the call as it goes on behind the caller's back,
   * past the steps that are still to come. What the backend says passes their reply steps and that of this one.
   */
  readonly behind?: (x: Exchange) => void
}

export interface Refuse {
  readonly verdict: 'refuse'
  readonly fault: Fault
  /** Values for `WWW-Authenticate` (RFC 9110 §11.6.1), one for each way in. */
  readonly challenges?: readonly string[]
  /** Further fields of the reply, such as `Retry-After`: names and values in turn. */
  readonly headers?: readonly string[]
  readonly saw?: Saw
}

/** Goes on after a while. */
export interface Delay {
  readonly verdict: 'delay'
  readonly millis: number
  /**
   * Waits in place of a timer, where others may make way meanwhile: asked only when the step is enforced. Rejects once
   * the signal is given.
   */
  readonly wait?: (signal: Signal) => Promise<void>
  readonly saw?: Saw
}

/** What a step changes in the exchange. Made only when the step is enforced. */
export interface Changes {
  /** One more identity of the caller, established by an authenticating step. */
  readonly identity?: Principal
  /** The identity that counts from now on, of those that were established. */
  readonly principal?: Principal
  readonly subscriber?: Subscriber
  /** Lets the connection change to WebSocket. */
  readonly webSocket?: WebSocketTerms
  /** What the caller would have written into Authorization, had its surroundings let it: later steps find it there. */
  readonly authorization?: string
  /** The caller's country: ISO 3166-1 alpha-2. */
  readonly country?: string
  /** How suspicious the call is: a whole number from 0 to 100. */
  readonly risk?: number
  /** How long the backend may take for this call. */
  readonly timeouts?: Timeouts
  /** Which replies end with the caller's token. */
  readonly standing?: StandingTerms
  /** Sees the body on its way to the backend; of policies alone whose body need is `stream`. */
  readonly watchBody?: BodyWatcher
  /** What the backend gets in place of the body; of policies alone whose body need is `whole`. */
  readonly body?: Uint8Array
  /** Tells the backend who calls; of policies of the phase `backend`. */
  readonly credential?: BackendCredential
  /** Fields set in the request to the backend: names and values in turn. */
  readonly setHeaders?: readonly string[]
  /** Fields left out of the request to the backend, in lower case. */
  readonly removeHeaders?: readonly string[]
  /** Parameters left out of the query to the backend. */
  readonly removeQuery?: readonly string[]
}

const PROCEED: Proceed = { verdict: 'proceed' }

export function proceed(saw?: Saw, changes?: Changes): Proceed {
  if (changes === undefined) return saw === undefined ? PROCEED : { verdict: 'proceed', saw }
  return saw === undefined ? { verdict: 'proceed', changes } : { verdict: 'proceed', saw, changes }
}

export function refuse(
  fault: Fault,
  details: {
    readonly challenges?: readonly string[]
    readonly headers?: readonly string[]
    readonly saw?: Saw
  } = {},
): Refuse {
  return { verdict: 'refuse', fault, ...details }
}

export function respond(reply: Reply, saw?: Saw): Respond {
  return saw === undefined ? { verdict: 'respond', reply } : { verdict: 'respond', reply, saw }
}
