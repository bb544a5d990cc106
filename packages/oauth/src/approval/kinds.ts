import { scopesKind } from '../entitlement/give.ts'
import type { ApprovalKind } from './kind.ts'

export const approvalKinds: readonly ApprovalKind[] = [
  { kind: 'token' },
  scopesKind,
  { kind: 'software-statement' },
]
