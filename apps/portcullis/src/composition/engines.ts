import { join } from 'node:path'
import { openEnvelopeSecrets } from '@portcullis/envelope/envelope-secrets'
import { loadMasterKey } from '@portcullis/envelope/master-key'
import { openJwks } from '@portcullis/jwks/jwks'
import type { Events } from '@portcullis/ports/events/port'
import type { Keys } from '@portcullis/ports/keys/port'
import type { Log } from '@portcullis/ports/log/port'
import type { Secrets } from '@portcullis/ports/secrets/port'
import type { Store } from '@portcullis/ports/store/port'
import { openSharedCounters, type SharedCounters } from '@portcullis/shared-memory/shared-counters'
import { lockDataFolder } from '@portcullis/sqlite/data-folder'
import { openSqliteEvents } from '@portcullis/sqlite/events'
import { openSqliteStore } from '@portcullis/sqlite/store'
import type { ThreadClock } from '@portcullis/system/shifted-clock'
import type { Settings } from '../setting/settings.ts'

/** The engines behind the ports. One machine needs no others. */
export interface Engines {
  readonly store: Store
  readonly events: Events
  readonly secrets: Secrets
  readonly counters: SharedCounters
  readonly keys: Keys
  readonly clock: ThreadClock
}

const HOUR_MILLIS = 3_600_000

/** Opens what lies in the home folder, after locking it. What was opened is closed with the stack, the last first. */
export async function openEngines(
  settings: Settings,
  clock: ThreadClock,
  log: Log,
  opened: AsyncDisposableStack,
): Promise<Engines> {
  const { home } = settings
  const lock = lockDataFolder(home)
  opened.defer(() => lock.release())
  const masterKey = await loadMasterKey({ file: join(home, 'master.key'), env: settings.masterKey })
  const store = await openSqliteStore({ file: join(home, 'store.sqlite'), clock })
  opened.defer(() => store.close())
  const events = await openSqliteEvents({ file: join(home, 'decisions.sqlite') })
  opened.defer(() => events.close())
  const counters = openSharedCounters({ capacity: settings.countersCapacity })
  opened.defer(() => counters.close())
  const engines = {
    store,
    events,
    counters,
    clock,
    keys: openJwks({ clock, log }),
    secrets: openEnvelopeSecrets({ masterKey }),
  }
  return engines
}

/** Forgets what has expired, now and every hour. */
export function sweepRegularly(
  { store, events, clock }: Engines,
  keptForMillis: number,
  report: (error: unknown) => void,
): { stop(): void } {
  const sweep = (): void => {
    Promise.all([store.sweep(), events.sweep(clock.now() - keptForMillis)]).catch(report)
  }
  sweep()
  const timer = setInterval(sweep, HOUR_MILLIS)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}
