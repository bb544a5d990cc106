import { join } from 'node:path'
import { openEnvelopeSecrets } from '@portcullis/envelope/envelope-secrets'
import { loadMasterKey } from '@portcullis/envelope/master-key'
import type { Secret } from '@portcullis/kernel/secret'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Events } from '@portcullis/ports/events/port'
import type { Log } from '@portcullis/ports/log/port'
import type { Secrets } from '@portcullis/ports/secrets/port'
import type { Store } from '@portcullis/ports/store/port'
import { needsSetting } from '../setting/read-settings.ts'
import type { Settings } from '../setting/settings.ts'

/** What is kept: in the home folder, or in a database that several machines share. A process that is a gateway alone keeps nothing of this and does not open it. */
export interface State {
  readonly store: Store
  readonly events: Events
  readonly secrets: Secrets
}

const HOUR_MILLIS = 3_600_000

/** Opens it. What was opened is closed with the stack, the last first. */
export async function openState(
  settings: Settings,
  clock: Clock,
  log: Log,
  opened: AsyncDisposableStack,
): Promise<State> {
  const { home, masterKey: env } = settings
  const { store, events } = await (settings.storeUrl === undefined
    ? openFiles(home, clock, opened)
    : openShared(settings.storeUrl, settings, clock, log, opened))
  const masterKey = await loadMasterKey({ file: join(home, 'master.key'), env })
  return { store, events, secrets: openEnvelopeSecrets({ masterKey }) }
}

type Kept = Pick<State, 'store' | 'events'>

async function openFiles(home: string, clock: Clock, opened: AsyncDisposableStack): Promise<Kept> {
  const { openSqliteStore } = await import('@portcullis/sqlite/store')
  const { openSqliteEvents } = await import('@portcullis/sqlite/events')
  const store = await openSqliteStore({ file: join(home, 'store.sqlite'), clock })
  opened.defer(() => store.close())
  const events = await openSqliteEvents({ file: join(home, 'decisions.sqlite') })
  opened.defer(() => events.close())
  return { store, events }
}

/** A key that was made in one machine's home folder opens nothing for the others. */
async function openShared(
  url: Secret,
  { storeSchema: schema, masterKey }: Settings,
  clock: Clock,
  log: Log,
  opened: AsyncDisposableStack,
): Promise<Kept> {
  if (masterKey === undefined) throw needsSetting('storeUrl', 'masterKey')
  const { openPostgresStore } = await import('@portcullis/postgres/store')
  const { openPostgresEvents } = await import('@portcullis/postgres/events')
  const store = await openPostgresStore({ url, schema, clock, log })
  opened.defer(() => store.close())
  const events = await openPostgresEvents({ url, schema, log })
  opened.defer(() => events.close())
  return { store, events }
}

/** Forgets what has expired, now and every hour. */
export function sweepRegularly(
  { store, events }: State,
  clock: Clock,
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
