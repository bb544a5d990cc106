import { z } from '@portcullis/kernel/schema'
import { precisions } from '@portcullis/ports/counters/port'

/** The setting that says how counters are asked that several gateways share. */
export const precision = () =>
  z
    .enum(precisions)
    .default('exact')
    .describe(
      'How shared counters are asked: exact, for every call; or approximate, where each thread fetches up to a hundredth of the burst ahead.',
    )
