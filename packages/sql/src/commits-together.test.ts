import type { Fault } from '@portcullis/kernel/fault'
import { storeFaults } from '@portcullis/ports/store/port'
import type { PreparedChange } from '@portcullis/ports/store/prepare'
import { describe, expect, it } from 'vitest'
import { CommitsTogether, type MakeCommits } from './commits-together.ts'

const target = { organization: 'hmart', collection: 'note' }
const removal = (id: string): PreparedChange => ({ change: 'remove', ...target, id, expect: undefined })
const removalWhere: PreparedChange = { change: 'remove-where', ...target, attribute: 'owner', equals: 'ann' }

/** Notes which commits were made together; each waits until it is let go. */
function open(faultOf: (id: string) => Fault | undefined = () => undefined) {
  const made: string[][] = []
  let goOn = Promise.withResolvers<void>()
  const make: MakeCommits = async (commits) => {
    const ids = commits.map((changes) => changes.map((each) => ('id' in each ? each.id : '*')).join())
    made.push(ids)
    await goOn.promise
    return ids.map(faultOf)
  }
  const letGo = (): void => {
    goOn.resolve()
    goOn = Promise.withResolvers()
  }
  return { made, letGo, commits: new CommitsTogether(make), fail: () => goOn.reject(new Error('disk full')) }
}

describe('commits that are wanted at the same time', () => {
  it('are made at once, in their order, and nobody is answered before all of it is durable', async () => {
    const { made, letGo, commits } = open()
    let answered = 0
    const all = ['a', 'b', 'c'].map((id) => commits.commit([removal(id)]).then(() => answered++))
    await expect.poll(() => made).toEqual([['a', 'b', 'c']])
    // Who comes meanwhile is made with the next ones.
    const later = ['d', 'e'].map((id) => commits.commit([removal(id)]))
    expect(answered).toBe(0)
    letGo()
    await Promise.all(all)
    await expect
      .poll(() => made)
      .toEqual([
        ['a', 'b', 'c'],
        ['d', 'e'],
      ])
    letGo()
    await Promise.all(later)
  })

  it('fail one by one where they are refused, and all where the transaction fails', async () => {
    const conflict = storeFaults.conflict()
    const { made, letGo, fail, commits } = open((id) => (id === 'b' ? conflict : undefined))
    const all = Promise.allSettled(['a', 'b', 'c'].map((id) => commits.commit([removal(id)])))
    await expect.poll(() => made).toHaveLength(1)
    letGo()
    expect((await all).map((each) => each.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect((await all)[1]).toMatchObject({ reason: conflict })
    const rest = Promise.allSettled(['d', 'e'].map((id) => commits.commit([removal(id)])))
    await expect.poll(() => made).toHaveLength(2)
    fail()
    expect((await rest).map((each) => each.status)).toEqual(['rejected', 'rejected'])
  })

  it('are alone where they remove by an attribute, and few at a time where they have many changes', async () => {
    const { made, letGo, commits } = open()
    const many = Array.from({ length: 600 }, () => removal('m'))
    const all = Promise.all([[removal('a')], [removalWhere], many, many].map((each) => commits.commit(each)))
    for (let groups = 1; groups <= 4; groups++) {
      await expect.poll(() => made).toHaveLength(groups)
      letGo()
    }
    await all
    expect(made.map((group) => group.length)).toEqual([1, 1, 1, 1])
  })

  it('come to their end before those are told who wait for that', async () => {
    const { made, letGo, commits } = open()
    let isSettled = false
    const wanted = commits.commit([removal('a')])
    const settled = commits.settle().then(() => (isSettled = true))
    await expect.poll(() => made).toHaveLength(1)
    expect(isSettled).toBe(false)
    letGo()
    await Promise.all([wanted, settled])
  })
})
