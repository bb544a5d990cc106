import type { Revocable, RevocableToken, Revocation } from '@portcullis/model/news/revocation'
import type { Clock } from '../clock/port.ts'
import type { Revocations } from './port.ts'

/** Revocations as this process was told of them. */
export interface MemoryRevocations extends Revocations {
  /** All up to `upTo` are known then. That one is known already is no matter. */
  add(revocations: readonly Revocation[], upTo: number): void
  /** How many are kept. */
  readonly size: number
}

interface Kept {
  before: number
  until: number
}

export function openMemoryRevocations(clock: Clock): MemoryRevocations {
  const kept = new Map<string, Kept>()
  const listeners = new Set<() => void>()
  let position = 0

  function covered(token: RevocableToken, what: Revocable, value: string | undefined): boolean {
    if (value === undefined) return false
    const found = kept.get(keyOf(token.issuer, what, value))
    return found !== undefined && token.issuedAt <= found.before
  }

  function coveredByApp({ app, issuedAt }: RevocableToken): boolean {
    if (app === undefined) return false
    const found = kept.get(keyOf(app.issuer, 'client', app.name))
    return found !== undefined && issuedAt <= found.before
  }

  function sweep(now: number): void {
    for (const [key, { until }] of kept) if (until < now) kept.delete(key)
  }

  return {
    covers(token) {
      // Nearly always nothing is revoked at all.
      if (kept.size === 0) return false
      return (
        covered(token, 'token', token.id) ||
        covered(token, 'subject', token.subject) ||
        covered(token, 'client', token.client) ||
        coveredByApp(token) ||
        covered(token, 'grant', token.grant) ||
        covered(token, 'session', token.session)
      )
    },
    position: () => position,
    watch(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
    add(revocations, upTo) {
      position = upTo
      if (revocations.length === 0) return
      sweep(clock.now())
      for (const { issuer, what, value, before, until } of revocations) {
        const key = keyOf(issuer, what, value)
        const known = kept.get(key)
        // One revocation never shortens another.
        kept.set(key, {
          before: Math.max(before, known?.before ?? before),
          until: Math.max(until, known?.until ?? until),
        })
      }
      for (const listener of listeners) listener()
    },
    get size() {
      return kept.size
    },
  }
}

/** An issuer is a URL and holds no space. */
function keyOf(issuer: string, what: Revocable, value: string): string {
  return `${issuer} ${what} ${value}`
}
