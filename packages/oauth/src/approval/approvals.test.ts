import { auditRecords, idOf, resources } from '@portcullis/model/collection'
import { appSpec } from '@portcullis/model/resource/app'
import { manualClock } from '@portcullis/ports/clock/memory'
import { collectingLog } from '@portcullis/ports/log/memory'
import { openMemoryStore } from '@portcullis/ports/store/memory'
import { put } from '@portcullis/ports/store/port'
import { describe, expect, it } from 'vitest'
import { type NewApproval, openApprovals } from './approvals.ts'
import { approvalFaults } from './fault.ts'

const wanted: NewApproval = {
  kind: 'token',
  title: 'The shop wants to order for ada',
  details: { scopes: ['order_item'] },
  asker: { app: 'shop', user: 'ada' },
  approvers: { roles: ['owner'], count: 1 },
  withinMillis: 3_600_000,
}
const approve = { verdict: 'approve', reason: 'it is fine' } as const

async function openOffice() {
  const clock = manualClock(Date.parse('2026-11-22T12:00:00Z'))
  const store = openMemoryStore(clock)
  const people = { ada: ['owner'], grace: ['owner'], alan: ['owner'], kurt: undefined }
  await store.commit(
    Object.entries(people).map(([name, roles]) =>
      put(resources, 'hmart', idOf.resource('User', name), {
        kind: 'User',
        organization: 'hmart',
        name,
        spec: { title: name, disabled: name === 'alan', ...(roles && { roles }) },
      }),
    ),
  )
  const audit = async () => (await store.find(auditRecords, 'hmart')).map(({ value }) => value)
  return { clock, store, audit, approvals: openApprovals({ store, clock, log: collectingLog() }) }
}

describe('approvals', () => {
  it('are kept with who asked, who decided and why, each with its record in the audit', async () => {
    const { approvals, audit, clock } = await openOffice()
    const { id } = await approvals.ask('hmart', wanted)
    clock.advance(1)
    await approvals.decide('hmart', id, 'grace', approve)
    expect(await approvals.get('hmart', id)).toMatchObject({
      asker: { app: 'shop', user: 'ada' },
      decisions: [{ by: 'grace', verdict: 'approve', reason: 'it is fine', at: '2026-11-22T12:00:00.001Z' }],
    })
    expect((await audit()).map(({ actor, action, target }) => [actor, action, target])).toEqual([
      ['ada', 'ask', `approval/${id}`],
      ['grace', 'approve', `approval/${id}`],
    ])
  })

  it.each([
    ['the one who asked', 'ada', approvalFaults.own],
    ['somebody without the role', 'kurt', approvalFaults['no-role']],
    ['somebody who may not sign in', 'alan', approvalFaults['no-role']],
    ['somebody who is not there', 'nobody', approvalFaults['no-role']],
  ])('refuse the decision of %s', async (_, user, fault) => {
    const { approvals } = await openOffice()
    const { id } = await approvals.ask('hmart', wanted)
    await expect(approvals.decide('hmart', id, user, approve)).rejects.toMatchObject({ code: fault.code })
    expect((await approvals.get('hmart', id))?.decisions).toEqual([])
  })

  it('refuse the decision of who answers for the app that asks, and do not wait for it', async () => {
    const { approvals, store } = await openOffice()
    const spec = appSpec.parse({ title: 'Shop', grants: ['client_credentials'], owner: 'grace' })
    const shop = { kind: 'App', organization: 'hmart', name: 'shop', spec } as const
    await store.commit([put(resources, 'hmart', idOf.resource('App', 'shop'), shop)])
    const { id } = await approvals.ask('hmart', { ...wanted, asker: { app: 'shop' } })
    const { code } = approvalFaults.own
    await expect(approvals.decide('hmart', id, 'grace', approve)).rejects.toMatchObject({ code })
    expect(await approvals.waitingFor('hmart', 'grace')).toEqual([])
    await approvals.decide('hmart', id, 'ada', approve)
  })

  it('count no word of who has lost the role before the others have decided', async () => {
    const { approvals, store } = await openOffice()
    const person = (name: string, roles: string[]) =>
      put(resources, 'hmart', idOf.resource('User', name), {
        kind: 'User',
        organization: 'hmart',
        name,
        spec: { title: name, disabled: false, roles },
      } as const)
    await store.commit([person('kurt', ['owner']), person('alan', ['owner'])])
    const { id } = await approvals.ask('hmart', { ...wanted, approvers: { roles: ['owner'], count: 2 } })
    await approvals.decide('hmart', id, 'grace', approve)
    await store.commit([person('grace', ['clerk'])])
    const still = await approvals.decide('hmart', id, 'kurt', approve)
    expect([approvals.stateOf(still), still.decisions.map(({ by }) => by)]).toEqual(['pending', ['kurt']])
    expect(approvals.stateOf(await approvals.decide('hmart', id, 'alan', approve))).toBe('approved')
  })

  it('let one of two decisions through that come at the same moment where one is enough', async () => {
    const { approvals, store } = await openOffice()
    await store.commit([
      put(resources, 'hmart', idOf.resource('User', 'kurt'), {
        kind: 'User',
        organization: 'hmart',
        name: 'kurt',
        spec: { title: 'kurt', disabled: false, roles: ['owner'] },
      }),
    ])
    const { id } = await approvals.ask('hmart', wanted)
    const both = await Promise.allSettled([
      approvals.decide('hmart', id, 'grace', approve),
      approvals.decide('hmart', id, 'kurt', { verdict: 'refuse', reason: 'no' }),
    ])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect((await approvals.get('hmart', id))?.decisions).toHaveLength(1)
  })

  it('wait for those who may decide, and for nobody once they are over', async () => {
    const { approvals, clock } = await openOffice()
    const { id } = await approvals.ask('hmart', wanted)
    const waiting = async (user: string) => (await approvals.waitingFor('hmart', user)).map((each) => each.id)
    expect([await waiting('grace'), await waiting('ada'), await waiting('kurt')]).toEqual([[id], [], []])
    clock.advance(3_600_000)
    expect(await waiting('grace')).toEqual([])
    expect(await approvals.list('hmart', { pendingOnly: true })).toEqual([])
    expect(await approvals.list('hmart')).toHaveLength(1)
    await expect(approvals.decide('hmart', id, 'grace', approve)).rejects.toMatchObject({
      code: approvalFaults.over.code,
    })
  })

  it('are asked for only where somebody knows what follows', async () => {
    const { approvals } = await openOffice()
    expect(() => approvals.prepare('hmart', { ...wanted, kind: 'moon' })).toThrow(
      expect.objectContaining({ code: approvalFaults['unknown-kind'].code }),
    )
  })

  it('belong to one organization: another finds none', async () => {
    const { approvals } = await openOffice()
    const { id } = await approvals.ask('hmart', wanted)
    expect(await approvals.get('acme', id)).toBeUndefined()
    await expect(approvals.withdraw('acme', id, 'shop')).rejects.toMatchObject({
      code: approvalFaults.unknown.code,
    })
    await approvals.withdraw('hmart', id, 'shop')
    expect(approvals.stateOf((await approvals.get('hmart', id)) ?? expect.fail())).toBe('withdrawn')
  })
})
