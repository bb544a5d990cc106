import { onTestFinished } from 'vitest'
import type { Clock } from '../clock/port.ts'
import { describeCommits } from './contract/commit.ts'
import { describeDocuments } from './contract/document.ts'
import { describeExpiry } from './contract/expiry.ts'
import { describeFinding } from './contract/find.ts'
import { describeKeys } from './contract/key.ts'
import { describeWhole } from './contract/whole.ts'
import type { Start } from './contract/world.ts'
import type { Store } from './port.ts'

/**
 * What every store does, whatever its engine. `open` gives a store that is new, empty and nobody else's; the suite
 * closes it.
 */
export function storeContract(name: string, open: (clock: Clock) => Store | Promise<Store>): void {
  const start: Start = async () => {
    const clock = { millis: 1_800_000_000_000, now: (): number => clock.millis }
    const store = await open(clock)
    onTestFinished(() => store.close())
    return { store, clock }
  }
  describeDocuments(name, start)
  describeCommits(name, start)
  describeKeys(name, start)
  describeFinding(name, start)
  describeExpiry(name, start)
  describeWhole(name, start)
}
