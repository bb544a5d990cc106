import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { BATCH, recordOf } from './child/append-endlessly.ts'
import { heads, PARTS, parts } from './child/commit-endlessly.ts'
import { startChild } from './child/start-child.ts'
import { openSqliteEvents } from './events.ts'
import { openSqliteStore } from './store.ts'
import { temporaryFolder } from './temporary-folder.ts'

const ROUNDS = 6

/** Runs a child that prints every number that was acknowledged to it, and kills it at a random moment. */
async function numbersUntilKilled(child: string, file: string): Promise<number[]> {
  const running = startChild(child, file)
  onTestFinished(() => running.kill())
  await running.started()
  await sleep(Math.random() * 150)
  await running.kill()
  return running.printed().split('\n').slice(0, -1).map(Number)
}

describe('a process that is killed while it commits', () => {
  it('leaves every acknowledged commit, and none by half', async () => {
    const file = join(temporaryFolder(onTestFinished), 'store.db')
    let acknowledged = 0
    for (let round = 0; round < ROUNDS; round++) {
      const numbers = await numbersUntilKilled('commit-endlessly.ts', file)
      expect(numbers[0]).toBeGreaterThan(acknowledged)
      acknowledged = numbers.at(-1) ?? 0

      const store = await openSqliteStore({ file, clock: { now: Date.now } })
      const head = await store.get(heads, 'hmart', 'head')
      // The last commit may have been made and not yet acknowledged.
      expect([acknowledged, acknowledged + 1]).toContain(head?.version)
      expect(head?.value.number).toBe(head?.version)
      const there = Array.from({ length: head?.version ?? 0 }, (_, i) => i + 1)
      for (const number of [...there, there.length + 1]) {
        const where = { attribute: 'number', equals: String(number) }
        const found = await store.find(parts, 'hmart', { where })
        expect(found.map((each) => each.value.number)).toEqual(
          number > there.length ? [] : Array.from({ length: PARTS }, () => number),
        )
      }
      await store.close()
    }
  })

  it('leaves every acknowledged decision record, and no batch by half', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const file = join(temporaryFolder(onTestFinished), 'events.db')
      const acknowledged = (await numbersUntilKilled('append-endlessly.ts', file)).at(-1) ?? 0
      expect(acknowledged).toBeGreaterThan(0)

      const events = await openSqliteEvents({ file })
      for (let number = 0; number < acknowledged; number++) {
        expect(await events.get('hmart', String(number))).toEqual(recordOf(number))
      }
      const rest = await events.find('hmart', { since: acknowledged, limit: 1000 })
      expect([0, BATCH]).toContain(rest.length)
      await events.close()
    }
  })
})
