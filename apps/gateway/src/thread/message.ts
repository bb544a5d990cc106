import type { ServerTls } from '@portcullis/http1/server/tls'
import type { PackedBatch } from '@portcullis/model/decision/decision-batch'
import type { News } from '@portcullis/model/news/news'
import type { VerificationKey } from '@portcullis/ports/keys/port'
import type { LogFields } from '@portcullis/ports/log/port'
import type { FrontLimits } from '../front.ts'
import type { Address } from '../listener/listener.ts'
import type { PackedRevision } from '../reader/packed-revision.ts'
import type { Pulse } from './heartbeat.ts'
import type { Told } from './told-fault.ts'

/** What the main thread and a thread that takes calls say to each other. All of it can be cloned from one to the other. */

/** With this a thread begins. */
export interface ThreadSetup {
  /** URL of a module that exports an `openThread` (see `thread-parts.ts`). */
  readonly module: string
  /** For that module alone. */
  readonly data: unknown
  readonly limits: FrontLimits
  readonly strictTransportSecurity?: string | undefined
  readonly pulse: Pulse
}

/** What a thread is told to do. Orders are carried out one after the other, each is answered. */
export type Order =
  | { readonly order: 'load'; readonly revision: PackedRevision }
  /** Names of revisions that were loaded before. */
  | { readonly order: 'swap'; readonly names: readonly string[] }
  | { readonly order: 'learn'; readonly news: News }
  | { readonly order: 'listen'; readonly address: Address }
  | { readonly order: 'replace-certificates'; readonly tls: ServerTls }
  | { readonly order: 'count' }
  | { readonly order: 'measure'; readonly thread: number }
  | { readonly order: 'drain'; readonly millis: number }
  | { readonly order: 'close' }

export type ToThread =
  | ({ readonly kind: 'order'; readonly id: number } & Order)
  /** The last report has arrived: the next may be sent. */
  | { readonly kind: 'taken' }
  | {
      readonly kind: 'key'
      readonly id: number
      readonly found?: VerificationKey | undefined
      readonly failed?: Told
    }
  | { readonly kind: 'token'; readonly id: number; readonly found?: TokenWords; readonly failed?: Told }
  /** No thread has the token that was asked for: this one is to fetch it for all. */
  | { readonly kind: 'fetch-token'; readonly id: number }

export type FromThread =
  | { readonly kind: 'begun' }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly failed: Told }
  | ({ readonly kind: 'report' } & Report)
  | { readonly kind: 'find-key'; readonly id: number; readonly jwksUri: string; readonly kid: string }
  | { readonly kind: 'get-token'; readonly id: number; readonly key: string }
  | {
      readonly kind: 'fetched-token'
      readonly id: number
      readonly fetched?: TokenWords
      readonly failed?: Told
    }
  | { readonly kind: 'drop-token'; readonly key: string; readonly token: TokenWords }

/** A token for a backend, as it is told within the process. */
export interface TokenWords {
  readonly token: string
  readonly fetchedAt: number
  readonly expiresAt: number
}

/** What has gathered in a thread. */
export interface Report {
  /** Decision records; absent where there are none. */
  readonly decisions?: PackedBatch
  readonly lines: readonly LogLine[]
  /** Since the last report. */
  readonly dropped: { readonly decisions: number; readonly lines: number }
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: LogFields | undefined
}
