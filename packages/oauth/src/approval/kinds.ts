import type { ApprovalKind } from './kind.ts'

export const approvalKinds: readonly ApprovalKind[] = [{ kind: 'token' }, { kind: 'software-statement' }]
