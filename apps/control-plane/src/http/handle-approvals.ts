import { type ApprovalView, decideApproval, listApprovals } from '@portcullis/api-client/route/approval'
import { listAuditRecords } from '@portcullis/api-client/route/audit'
import type { Approval } from '@portcullis/model/approval/approval'
import type { ControlPlane } from '../control-plane.ts'
import type { Mount } from './mount.ts'

export function handleApprovals(mount: Mount, { approvals, audit }: ControlPlane): void {
  const viewOf = (approval: Approval): ApprovalView => ({ approval, state: approvals.stateOf(approval) })
  mount(listApprovals, async (c) => {
    const pendingOnly = c.req.valid('query').all === 'false'
    const found = await approvals.list(c.req.valid('param').organization, { pendingOnly })
    return c.json({ approvals: found.map(viewOf) }, 200)
  })
  mount(decideApproval, async (c) => {
    const { organization, id } = c.req.valid('param')
    const { by, verdict, reason } = c.req.valid('json')
    const said = { verdict, reason, through: c.get('actor') }
    return c.json(viewOf(await approvals.decide(organization, id, by, said)), 201)
  })
  mount(listAuditRecords, async (c) => {
    const { organization } = c.req.valid('param')
    return c.json({ records: await audit(organization, c.req.valid('query').limit) }, 200)
  })
}
