import { z } from '@portcullis/kernel/schema'
import { whenAwayChoices } from '@portcullis/ports/counters/port'

/** The setting that says what becomes of a limit while the engine that counts for several gateways is away. */
export const whenAway = () =>
  z
    .enum(whenAwayChoices)
    .default('refuse')
    .describe(
      'While the shared counters are away: refuse, allow, or local, where each gateway counts its share by itself.',
    )
