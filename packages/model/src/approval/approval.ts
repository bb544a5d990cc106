import { name, z } from '@portcullis/kernel/schema'
import { role } from '../resource/role.ts'

/** By whom something must be approved: by so many people, each of whom has one of the roles. */
export const approvers = z.strictObject({
  roles: z.array(role).min(1).max(16),
  count: z.int().min(1).max(8).default(1),
})
export type Approvers = z.infer<typeof approvers>

export const verdict = z.enum(['approve', 'refuse'])

/** What one person said. */
export const approvalDecision = z.strictObject({
  by: name(),
  verdict,
  reason: z.string().max(1000),
  /** ISO 8601, UTC. */
  at: z.iso.datetime(),
  /** The app through which they said it, where that was not their own page. */
  through: z.string().max(256).optional(),
})
export type ApprovalDecision = z.infer<typeof approvalDecision>

const detail = z.union([
  z.string().max(4096),
  z.number(),
  z.boolean(),
  z.array(z.string().max(2048)).max(512),
])

/** Something that people have to approve before it happens. */
export const approval = z.strictObject({
  id: z.string().max(64),
  /** What is asked for. Whoever asks for a new kind names it; what follows from an approval is theirs. */
  kind: name(),
  /** In one sentence, for whoever decides. */
  title: z.string().min(1).max(300),
  /** What exactly is asked for, as its kind has it. Approvers see all of it, so it holds no secret. */
  details: z.record(z.string().max(64), detail),
  /**
   * Who asks, for whom, and who gets it where that is somebody else: a person named here may not decide, nor who answers for
   * the app.
   */
  asker: z.strictObject({
    app: z.string().max(256).optional(),
    user: z.string().max(256).optional(),
    recipient: z.string().max(256).optional(),
  }),
  approvers,
  /** ISO 8601, UTC. */
  askedAt: z.iso.datetime(),
  /** Who has not decided until then cannot any more: ISO 8601, UTC. */
  expiresAt: z.iso.datetime(),
  decisions: z.array(approvalDecision).max(8),
  /** The asker no longer wants it. */
  withdrawnAt: z.iso.datetime().optional(),
})
export type Approval = z.infer<typeof approval>

/** All but `pending` are final. */
export const approvalState = z.enum(['pending', 'approved', 'refused', 'expired', 'withdrawn'])
export type ApprovalState = z.infer<typeof approvalState>

/** How it stands at a time (milliseconds since the epoch). One refusal is enough to refuse. */
export function stateOfApproval(
  { approvers, decisions, withdrawnAt, expiresAt }: Approval,
  nowMillis: number,
): ApprovalState {
  if (decisions.some((each) => each.verdict === 'refuse')) return 'refused'
  if (decisions.length >= approvers.count) return 'approved'
  if (withdrawnAt !== undefined) return 'withdrawn'
  return Date.parse(expiresAt) <= nowMillis ? 'expired' : 'pending'
}

/** Somebody who may be an approver. */
export interface Person {
  readonly name: string
  readonly roles: readonly string[]
}

/** Why somebody may not decide. */
export type Objection = 'over' | 'own' | 'no-role' | 'decided-before'

/** Whether somebody has one of the roles that may decide. */
export function hasRoleToDecide({ approvers }: Approval, { roles }: Person): boolean {
  return approvers.roles.some((each) => roles.includes(each))
}

/** Why a person may not decide about this now; nothing where they may. `owner`: who answers for the app that asks. */
export function objectionToApprover(
  approval: Approval,
  person: Person,
  owner: string | undefined,
  nowMillis: number,
): Objection | undefined {
  const { name } = person
  const { user, recipient } = approval.asker
  if (stateOfApproval(approval, nowMillis) !== 'pending') return 'over'
  if ([user, recipient, owner].includes(name)) return 'own'
  if (!hasRoleToDecide(approval, person)) return 'no-role'
  return approval.decisions.some(({ by }) => by === name) ? 'decided-before' : undefined
}

/** What a person said, and through which app. */
export type Said = Pick<ApprovalDecision, 'verdict' | 'reason' | 'through'>

/** The approval with what a person said, or why they may not say it. */
export function decideApproval(
  approval: Approval,
  person: Person,
  owner: string | undefined,
  said: Said,
  nowMillis: number,
): { readonly approval: Approval } | { readonly objection: Objection } {
  const objection = objectionToApprover(approval, person, owner, nowMillis)
  if (objection !== undefined) return { objection }
  const decision = { ...said, by: person.name, at: new Date(nowMillis).toISOString() }
  return { approval: { ...approval, decisions: [...approval.decisions, decision] } }
}

/** The approval once its asker has taken it back, unless it is over. */
export function withdrawApproval(approval: Approval, nowMillis: number): Approval | undefined {
  if (stateOfApproval(approval, nowMillis) !== 'pending') return undefined
  return { ...approval, withdrawnAt: new Date(nowMillis).toISOString() }
}
