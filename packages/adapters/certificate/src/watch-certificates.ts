import { randomBytes } from 'node:crypto'
import type { ServerTls } from '@portcullis/http1/server/tls'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import {
  type CertificateFolder,
  type Certificates,
  certificatesMark,
  readCertificates,
  TICKET_KEY_BYTES,
} from './read-certificates.ts'

export interface CertificateWatchOptions {
  readonly folder: CertificateFolder
  readonly clock: Clock
  readonly log: Log
  /** How often the folder is looked at. */
  readonly pollMillis: number
}

/** The certificates of a folder, kept up to date. */
export interface CertificateWatch {
  /** Those of the last good look. */
  readonly tls: ServerTls
  /** Hands over others whenever the folder has a good set of them; to be called once. */
  follow(use: (tls: ServerTls) => Promise<void>): void
  /** When each expires, in milliseconds since 1970. */
  expiries(): readonly { readonly name: string; readonly at: number }[]
  /** Looks no more, and waits for a look that is under way. */
  close(): Promise<void>
}

const WARN_AGAIN_MILLIS = 86_400_000
/** Who learns a key of tickets can read what was said in sessions of TLS 1.2 that began with it: it does not live long. */
const RENEW_TICKET_KEYS_MILLIS = 12 * 3_600_000

/**
 * Reads the folder and goes on looking at it. A set that can't be used changes nothing: the last good one stays, and the
 * log says so. Rejects with a fault of `certificate.*` when the first one can't be used.
 */
export async function watchCertificates(options: CertificateWatchOptions): Promise<CertificateWatch> {
  const { folder, clock, log, pollMillis } = options
  let mark = await certificatesMark(folder)
  let current: Certificates = await readCertificates(folder, clock.now())
  let seen = mark
  let readAt = clock.now()
  let warnedAt = Number.NEGATIVE_INFINITY
  let looking: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  warnOfExpiry()

  async function look(use: (tls: ServerTls) => Promise<void>): Promise<void> {
    warnOfExpiry()
    const now = await certificatesMark(folder)
    const isSettled = now === seen
    seen = now
    if (now === mark && clock.now() - readAt >= RENEW_TICKET_KEYS_MILLIS) await renew(use)
    // Certificate and key are written one after the other: what still changes is left to the next look.
    if (now === mark || !isSettled) return
    mark = now
    try {
      const next = await readCertificates(folder, clock.now())
      await use(next.tls)
      current = next
      readAt = clock.now()
      log.info('other certificates are shown', { names: next.names })
      warnedAt = Number.NEGATIVE_INFINITY
    } catch (cause) {
      log.error('the new certificates cannot be used; the old ones go on', { cause })
    }
  }

  async function renew(use: (tls: ServerTls) => Promise<void>): Promise<void> {
    const tls = { ...current.tls, ticketKeys: randomBytes(TICKET_KEY_BYTES) }
    try {
      await use(tls)
      current = { ...current, tls }
      readAt = clock.now()
    } catch (cause) {
      log.error('the keys of TLS sessions could not be renewed', { cause })
    }
  }

  function warnOfExpiry(): void {
    const now = clock.now()
    if (now - warnedAt < WARN_AGAIN_MILLIS) return
    for (const { name, at, warnAheadMillis } of current.expiries) {
      if (at - now > warnAheadMillis) continue
      warnedAt = now
      const facts = { certificate: name, at: new Date(at).toISOString() }
      if (at > now) log.warn('a certificate expires soon', facts)
      else log.error('a certificate has expired', facts)
    }
  }

  return {
    get tls() {
      return current.tls
    },
    expiries: () => current.expiries,
    follow(use) {
      timer = setInterval(() => {
        looking ??= look(use).finally(() => {
          looking = undefined
        })
      }, pollMillis).unref()
    },
    async close() {
      clearInterval(timer)
      await looking
    },
  }
}
