import { tokenKind } from '../delivery/approved.ts'
import { scopesKind } from '../entitlement/give.ts'
import type { ApprovalKind } from './kind.ts'

export const approvalKinds: readonly ApprovalKind[] = [tokenKind, scopesKind, { kind: 'software-statement' }]
