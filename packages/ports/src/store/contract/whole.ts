import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Change, put, type Query, remove, removeWhere, type Store, storeFaults } from '../port.ts'
import { openModelStore } from './model.ts'
import { drafts, notes, type Start } from './world.ts'

export function describeWhole(name: string, start: Start): void {
  describe(`${name}: as a whole`, () => {
    it('rejects everything once it is closed, and never answers that there is nothing', async () => {
      const { store } = await start()
      await store.commit([put(notes, 'hmart', 'n', { text: '' })])
      await store.close()
      await store.close()
      const asked = [
        () => store.get(notes, 'hmart', 'n'),
        () => store.get(notes, 'hmart', '\ud800'),
        () => store.find(notes, 'hmart'),
        () => store.commit([put(notes, 'hmart', 'n', { text: '' })]),
        () => store.commit([]),
        () => store.sweep(),
      ]
      for (const ask of asked) await expect(ask()).rejects.toSatisfy(storeFaults.unavailable.is)
    })

    it('does in any order of any calls what a plain map would do', async () => {
      const { store, clock } = await start()
      let run = 0
      await fc.assert(
        fc.asyncProperty(manySteps, async (steps) => {
          // A world of its own for each run: organizations that are new, and nothing left that could expire.
          clock.millis += 1_000
          await store.sweep()
          await follow(steps, store, clock, `run-${run++}`)
        }),
        { numRuns: 40 },
      )
    })
  })
}

const anyId = fc.constantFrom('a', 'b', 'a/b', '\uffff', '\u{1f600}')
const anyOwner = fc.constantFrom('ann', 'bob', undefined)
const anyVersion = fc.constantFrom(undefined, undefined, undefined, undefined, 1, 2)
const anyChange = fc.record({
  change: fc.constantFrom('put', 'put', 'put', 'put', 'put', 'remove', 'remove-where'),
  collection: fc.constantFrom(notes, drafts),
  organization: fc.constantFrom('one', 'two'),
  id: anyId,
  owner: anyOwner,
  expect: anyVersion,
  absent: fc.boolean(),
  livesMillis: fc.constantFrom(undefined, undefined, undefined, 0, 5, 50),
})
const anyStep = fc.oneof(
  { weight: 4, arbitrary: fc.record({ changes: fc.array(anyChange, { minLength: 1, maxLength: 4 }) }) },
  fc.record({ millis: fc.nat(30) }),
  fc.constant({ sweep: true as const }),
  fc.record({
    prefix: fc.constantFrom(undefined, undefined, '', 'a', '\uffff'),
    after: fc.option(anyId, { nil: undefined }),
    limit: fc.constantFrom(undefined, undefined, 1, 2, 3),
    owner: anyOwner,
  }),
)
/** Enough of them for documents to gather; fast-check by itself would give ten or so. */
const manySteps = fc.array(anyStep, { maxLength: 50, size: 'max' })
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never
type AnyChange = typeof anyChange extends fc.Arbitrary<infer T> ? T : never

/** Does the same to the store and to the model, and compares what they say and, after each step, hold. */
async function follow(
  steps: readonly Step[],
  store: Store,
  clock: { millis: number },
  run: string,
): Promise<void> {
  const model = openModelStore()
  let query: Query = {}
  for (const step of steps) {
    if ('millis' in step) clock.millis += step.millis
    else if ('sweep' in step) expect(await store.sweep()).toBe(model.sweep(clock.millis))
    else if ('changes' in step) {
      const changes = step.changes.map((change) => changeOf(change, run, clock.millis))
      const made = await store.commit(changes).then(
        () => true,
        (thrown: unknown) => {
          if (storeFaults.conflict.is(thrown)) return false
          throw thrown
        },
      )
      expect(made).toBe(model.commit(changes, clock.millis))
    } else {
      const { owner, ...rest } = step
      const where = owner === undefined ? undefined : { attribute: 'owner', equals: owner }
      query = Object.fromEntries(
        Object.entries({ ...rest, where }).filter(([, given]) => given !== undefined),
      )
    }
    for (const organization of [`${run}/one`, `${run}/two`]) {
      for (const collection of [notes, drafts]) {
        const found = model.find(collection.name, organization, query, clock.millis)
        expect(await store.find(collection, organization, query)).toEqual(found)
        const all = model.find(collection.name, organization, {}, clock.millis)
        expect(await store.find(collection, organization)).toEqual(all)
        for (const each of all) expect(await store.get(collection, organization, each.id)).toEqual(each)
      }
    }
  }
}

function changeOf(any: AnyChange, run: string, now: number): Change {
  const { collection, id, owner } = any
  const organization = `${run}/${any.organization}`
  if (any.change === 'remove-where') return removeWhere(collection, organization, 'owner', owner ?? 'ann')
  if (any.change === 'remove') return remove(collection, organization, id, any.expect)
  const expectation = any.expect !== undefined && any.absent ? ('absent' as const) : any.expect
  return put(collection, organization, id, owner === undefined ? { text: id } : { text: id, owner }, {
    ...(expectation !== undefined && { expect: expectation }),
    ...(any.livesMillis !== undefined && { expiresAt: now + any.livesMillis }),
  })
}
