import type { Approval } from '@portcullis/model/approval/approval'
import type { Change, Store } from '@portcullis/ports/store/port'

/** Something that may need approval, and what follows from it. One file here, and one line in `kinds.ts`. */
export interface ApprovalKind {
  readonly kind: string
  /** What is written in one commit with the approval that ends it. What can wait looks at the approval later instead. */
  changesWhenApproved?(parts: ApprovedParts): Promise<readonly Change[]>
}

export interface ApprovedParts {
  readonly store: Store
  readonly organization: string
  readonly approval: Approval
  readonly nowMillis: number
}
