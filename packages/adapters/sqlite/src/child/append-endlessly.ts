import { writeSync } from 'node:fs'
import type { Decision } from '@portcullis/model/decision/decision'
import { openSqliteEvents } from '../events.ts'

/**
 * Run by the durability test as a process of its own: `node append-endlessly.ts FILE`. Appends one batch after the
 * other and prints how many it has appended once they are acknowledged. Ends only by being killed.
 */
export const BATCH = 20

export function recordOf(number: number): Decision {
  return {
    id: String(number),
    organization: 'hmart',
    environment: 'production',
    revision: 1,
    at: new Date(number).toISOString(),
    method: 'GET',
    outcome: 'allowed',
    status: 200,
    steps: [],
    micros: 1,
  }
}

async function appendEndlessly(file: string): Promise<never> {
  const events = await openSqliteEvents({ file })
  for (let appended = 0; ; appended += BATCH) {
    await events.append(Array.from({ length: BATCH }, (_, i) => recordOf(appended + i)))
    writeSync(1, `${appended + BATCH}\n`)
  }
}

if (import.meta.main) await appendEndlessly(process.argv[2] ?? '')
