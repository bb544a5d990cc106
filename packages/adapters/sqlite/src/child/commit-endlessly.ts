import { writeSync } from 'node:fs'
import type { Collection } from '@portcullis/model/collection'
import { put } from '@portcullis/ports/store/port'
import { openSqliteStore } from '../store.ts'

/**
 * Run by the durability test as a process of its own: `node commit-endlessly.ts FILE`. Commits one number after the
 * other, each in many documents, and prints a number once its commit has resolved. Ends only by being killed.
 */
export const PARTS = 12
export const parts: Collection<{ readonly number: number }> = {
  name: 'part',
  index: ({ number }) => ({ number: String(number) }),
}
export const heads: Collection<{ readonly number: number }> = { name: 'head', index: () => ({}) }

async function commitEndlessly(file: string): Promise<never> {
  const store = await openSqliteStore({ file, clock: { now: Date.now } })
  const head = await store.get(heads, 'hmart', 'head')
  for (let number = (head?.value.number ?? 0) + 1; ; number++) {
    const ids = Array.from({ length: PARTS }, (_, part) => `${number}/${part}`)
    await store.commit([
      ...ids.map((id) => put(parts, 'hmart', id, { number }, { expect: 'absent' })),
      put(heads, 'hmart', 'head', { number }, { expect: number === 1 ? 'absent' : number - 1 }),
    ])
    // At once and not by way of a stream, which would be lost with the process.
    writeSync(1, `${number}\n`)
  }
}

if (import.meta.main) await commitEndlessly(process.argv[2] ?? '')
