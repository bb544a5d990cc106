import { join } from 'node:path'
import { openEnvelopeSecrets } from '@portcullis/envelope/envelope-secrets'
import { loadMasterKey } from '@portcullis/envelope/master-key'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Events } from '@portcullis/ports/events/port'
import type { Secrets } from '@portcullis/ports/secrets/port'
import type { Store } from '@portcullis/ports/store/port'
import { openSqliteEvents } from '@portcullis/sqlite/events'
import { openSqliteStore } from '@portcullis/sqlite/store'
import type { Settings } from '../setting/settings.ts'

/** What is kept in the home folder. A process that is a gateway alone keeps nothing of this and does not open it. */
export interface State {
  readonly store: Store
  readonly events: Events
  readonly secrets: Secrets
}

const HOUR_MILLIS = 3_600_000

/** Opens what lies in the home folder. What was opened is closed with the stack, the last first. */
export async function openState(
  { home, masterKey: env }: Settings,
  clock: Clock,
  opened: AsyncDisposableStack,
): Promise<State> {
  const masterKey = await loadMasterKey({ file: join(home, 'master.key'), env })
  const store = await openSqliteStore({ file: join(home, 'store.sqlite'), clock })
  opened.defer(() => store.close())
  const events = await openSqliteEvents({ file: join(home, 'decisions.sqlite') })
  opened.defer(() => events.close())
  return { store, events, secrets: openEnvelopeSecrets({ masterKey }) }
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
