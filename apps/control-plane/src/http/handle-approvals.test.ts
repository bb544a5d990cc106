import { approvalFaults } from '@portcullis/oauth/approval/fault'
import { expect, it, onTestFinished } from 'vitest'
import { openServedSite } from '../served-test-kit.ts'
import { faultOf, WAREHOUSE } from '../test-kit.ts'

async function openOffice() {
  const site = await openServedSite()
  onTestFinished(() => site.close())
  const { controlPlane } = site
  await controlPlane.apply(WAREHOUSE, { actor: 'test' })
  for (const [name, roles] of Object.entries({ boss: ['owner'], clerk: ['staff'] })) {
    const user = { kind: 'User', organization: 'hmart', name, spec: { title: name, roles } } as const
    await controlPlane.resources.put(user, { actor: 'test' })
  }
  const { id } = await controlPlane.approvals.ask('hmart', {
    kind: 'token',
    title: 'The shop wants to order',
    details: { scopes: ['order_item'] },
    asker: { app: 'shop' },
    approvers: { roles: ['owner'], count: 1 },
    withinMillis: 60_000,
  })
  return { ...site, id, client: site.clientWith('approvals.decide') }
}

it('lists what waits, and writes down who said what through which app', async () => {
  const { client, clientWith, id, clock } = await openOffice()
  clock.advance(1)
  const params = { organization: 'hmart' }
  const { approvals } = await client.listApprovals({ params, query: { all: 'false' } })
  expect(approvals).toMatchObject([{ approval: { id }, state: 'pending' }])
  const body = { by: 'boss', verdict: 'approve', reason: 'needed' } as const
  expect(await client.decideApproval({ params: { ...params, id }, body })).toMatchObject({
    state: 'approved',
    approval: { decisions: [{ by: 'boss', reason: 'needed', through: 'command-line' }] },
  })
  expect((await client.listApprovals({ params, query: { all: 'false' } })).approvals).toEqual([])
  expect((await client.listApprovals({ params, query: { all: 'true' } })).approvals).toHaveLength(1)
  const { records } = await clientWith('decisions.read').listAuditRecords({ params, query: { limit: 1 } })
  expect(records).toMatchObject([{ actor: 'boss through command-line', action: 'approve', reason: 'needed' }])
})

it('refuses the decision of somebody without the role, and every call without the scope', async () => {
  const { client, clientWith, id } = await openOffice()
  const decision = {
    params: { organization: 'hmart', id },
    body: { by: 'clerk', verdict: 'approve', reason: '' },
  } as const
  expect((await faultOf(client.decideApproval(decision))).code).toBe(approvalFaults['no-role'].code)
  const other = clientWith('resources.write')
  expect((await faultOf(other.decideApproval(decision))).code).toBe('management.insufficient-scope')
})
