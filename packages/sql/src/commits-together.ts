import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Fault } from '@portcullis/kernel/fault'
import type { PreparedChange } from '@portcullis/ports/store/prepare'

/** Changes that are made in one transaction; a single commit may have more. */
const MOST_CHANGES = 1000

type Commit = readonly PreparedChange[]

/** Makes these commits in one transaction; resolves once they are durable, to the fault of each that was not made. */
export type MakeCommits = (commits: readonly Commit[]) => Promise<readonly (Fault | undefined)[]>

interface Waiting {
  readonly changes: Commit
  readonly promise: Promise<void>
  resolve(): void
  reject(reason: unknown): void
}

/**
 * Commits that are wanted at the same time are made together, in their order: each is judged by itself, and all wait for the
 * disk once. Nobody is answered before what they wanted is durable.
 */
export class CommitsTogether {
  readonly #make: MakeCommits
  #waiting: Waiting[] = []
  #isRunning = false

  constructor(make: MakeCommits) {
    this.#make = make
  }

  commit(changes: Commit): Promise<void> {
    const waiting = { changes, ...Promise.withResolvers<void>() }
    this.#waiting.push(waiting)
    void this.#run()
    return waiting.promise
  }

  /** Resolves once those have come to their end who wait now. */
  async settle(): Promise<void> {
    await Promise.allSettled(this.#waiting.map(({ promise }) => promise))
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    while (this.#waiting.length > 0) {
      // Whoever has been read from a socket in this turn comes as far as its commit first.
      await nextTurn()
      const group = this.#next()
      try {
        const faults = await this.#make(group.map(({ changes }) => changes))
        for (const [i, { resolve, reject }] of group.entries()) {
          if (faults[i] === undefined) resolve()
          else reject(faults[i])
        }
      } catch (thrown) {
        for (const { reject } of group) reject(thrown)
      }
      this.#waiting = this.#waiting.filter((each) => !group.includes(each))
    }
    this.#isRunning = false
  }

  /** As many as there is room for; a removal by an attribute is alone, as its effect can't be judged beforehand. */
  #next(): readonly Waiting[] {
    const group: Waiting[] = []
    let size = 0
    for (const each of this.#waiting) {
      size += each.changes.length
      const isAlone = each.changes.some(({ change }) => change === 'remove-where')
      if (group.length > 0 && (isAlone || size > MOST_CHANGES)) break
      group.push(each)
      if (isAlone) break
    }
    return group
  }
}
