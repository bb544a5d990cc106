import { setImmediate as nextTurn } from 'node:timers/promises'
import { SWEEP_BATCH } from './connection.ts'

/** Repeats a deletion of at most `SWEEP_BATCH` rows until it finds fewer; resolves to how many they were. */
export async function sweepInBatches(
  deleteBatch: () => Promise<{ numDeletedRows: bigint }>,
): Promise<number> {
  for (let swept = 0; ; await nextTurn()) {
    const { numDeletedRows } = await deleteBatch()
    swept += Number(numDeletedRows)
    if (numDeletedRows < SWEEP_BATCH) return swept
  }
}
