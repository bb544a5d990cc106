import { newId } from '@portcullis/kernel/id'
import {
  type Approval,
  type ApprovalState,
  decideApproval,
  hasRoleToDecide,
  objectionToApprover,
  type Person,
  type Said,
  stateOfApproval,
  withdrawApproval,
} from '@portcullis/model/approval/approval'
import { approvals } from '@portcullis/model/collection'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import { type Change, type Document, put, type Store, storeFaults } from '@portcullis/ports/store/port'
import { auditing } from '../audit/audit.ts'
import { personOf } from '../sign-in/person.ts'
import { approvalFaults } from './fault.ts'
import { approvalKinds } from './kinds.ts'
import { noticesOfAsking, noticesOfEnd } from './notice.ts'
import { ownerOf } from './owner-of.ts'

/** What is to be approved. */
export type NewApproval = Pick<Approval, 'kind' | 'title' | 'details' | 'asker' | 'approvers'> & {
  /** How long people have to decide. */
  readonly withinMillis: number
}

export interface Approvals {
  /** Asks for an approval; it is there once this resolves. Fault: `approval.unknown-kind`. */
  ask(organization: string, wanted: NewApproval): Promise<Approval>
  /** Those for which nobody has to wait, with what writes the approval: to be committed with whatever belongs to it. */
  prepare(
    organization: string,
    wanted: NewApproval,
  ): { readonly approval: Approval; readonly changes: Change[] }
  get(organization: string, id: string): Promise<Approval | undefined>
  stateOf(approval: Approval): ApprovalState
  /** The oldest first, at most a thousand. */
  list(organization: string, query?: { readonly pendingOnly?: boolean }): Promise<Approval[]>
  /** Those that wait for this user. */
  waitingFor(organization: string, user: string): Promise<Approval[]>
  /** What a user of the organization says. Faults: those of `approvalFaults`. */
  decide(organization: string, id: string, user: string, said: Said): Promise<Approval>
  /** Its asker takes it back. Faults: `approval.unknown`, `approval.over`. */
  withdraw(organization: string, id: string, actor: string): Promise<Approval>
}

export interface ApprovalParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
}

/** Answers are kept for the audit after they ended. */
const KEPT_MILLIS = 400 * 86_400_000
const MOST_LISTED = 1000
/** Several may decide at the same moment: each conflict means that one of them came through. */
const MAX_TRIES = 10

/** Approvals in the store: each decision is one commit, with its audit record and all that follows from it. */
export function openApprovals(parts: ApprovalParts): Approvals {
  const { store, clock } = parts
  return {
    async ask(organization, wanted) {
      const { approval, changes } = this.prepare(organization, wanted)
      await store.commit(changes)
      return approval
    },

    prepare(organization, { withinMillis, ...wanted }) {
      if (!approvalKinds.some(({ kind }) => kind === wanted.kind)) throw approvalFaults['unknown-kind']()
      const now = clock.now()
      const times = { askedAt: isoOf(now), expiresAt: isoOf(now + withinMillis) }
      const approval = { ...wanted, ...times, id: newId('apr', now), decisions: [] }
      const { app, user } = wanted.asker
      const record = { actor: user ?? app ?? 'nobody', action: 'ask', target: targetOf(approval) }
      const write = put(approvals, organization, approval.id, approval, {
        ...keptFor(approval),
        expect: 'absent',
      })
      parts.log.info('approval asked for', {
        organization,
        approval: approval.id,
        kind: wanted.kind,
        app,
        user,
      })
      const notices = noticesOfAsking(organization, approval, now)
      return { approval, changes: [write, auditing(organization, record, now), ...notices] }
    },

    async get(organization, id) {
      return (await store.get(approvals, organization, id))?.value
    },

    stateOf: (approval) => stateOfApproval(approval, clock.now()),

    async list(organization, { pendingOnly = false } = {}) {
      const where = pendingOnly ? { where: { attribute: 'open', equals: 'yes' } } : {}
      const found = await store.find(approvals, organization, { ...where, limit: MOST_LISTED })
      const all = found.map(({ value }) => value)
      return pendingOnly ? all.filter((each) => this.stateOf(each) === 'pending') : all
    },

    async waitingFor(organization, user) {
      const person = await personOf(store, organization, user)
      if (person === undefined) return []
      const pending = await this.list(organization, { pendingOnly: true })
      const owners = await Promise.all(pending.map((each) => ownerOf(store, organization, each)))
      return pending.filter(
        (each, i) => objectionToApprover(each, person, owners[i], clock.now()) === undefined,
      )
    },

    decide: (organization, id, user, said) =>
      changing(parts, organization, id, async (approval, now) => {
        const person: Person | undefined = await personOf(store, organization, user)
        if (person === undefined) throw approvalFaults['no-role']()
        const [standing, owner] = await Promise.all([
          withStandingDecisions(store, organization, approval),
          ownerOf(store, organization, approval),
        ])
        const decided = decideApproval(standing, person, owner, said, now)
        if ('objection' in decided) throw approvalFaults[decided.objection]()
        const { verdict, reason, through } = said
        const actor = through === undefined ? user : `${user} through ${through}`
        return { approval: decided.approval, record: { actor, action: verdict, reason } }
      }),

    withdraw: (organization, id, actor) =>
      changing(parts, organization, id, async (approval, now) => {
        const withdrawn = withdrawApproval(approval, now)
        if (withdrawn === undefined) throw approvalFaults.over()
        return { approval: withdrawn, record: { actor, action: 'withdraw' } }
      }),
  }
}

/** The word of who has lost the role since, or may not sign in any more, no longer counts: the audit has it. */
async function withStandingDecisions(
  store: Store,
  organization: string,
  approval: Approval,
): Promise<Approval> {
  if (approval.decisions.length === 0) return approval
  const people = await Promise.all(approval.decisions.map(({ by }) => personOf(store, organization, by)))
  const decisions = approval.decisions.filter((_, i) => {
    const person = people[i]
    return person !== undefined && hasRoleToDecide(approval, person)
  })
  return { ...approval, decisions }
}

interface Changed {
  readonly approval: Approval
  readonly record: { readonly actor: string; readonly action: string; readonly reason?: string }
}

/** Changes an approval in one commit, computed again where somebody else was quicker. */
async function changing(
  parts: ApprovalParts,
  organization: string,
  id: string,
  change: (approval: Approval, nowMillis: number) => Promise<Changed>,
): Promise<Approval> {
  for (let tries = 1; ; tries++) {
    const document = await parts.store.get(approvals, organization, id)
    if (document === undefined) throw approvalFaults.unknown()
    const now = parts.clock.now()
    const { approval, record } = await change(document.value, now)
    try {
      await parts.store.commit([
        ...(await writing(parts.store, organization, document, approval, now)),
        auditing(organization, { ...record, target: targetOf(approval) }, now),
      ])
    } catch (thrown) {
      if (storeFaults.conflict.is(thrown) && tries < MAX_TRIES) continue
      throw thrown
    }
    const state = stateOfApproval(approval, now)
    parts.log.info('approval changed', { organization, approval: id, kind: approval.kind, ...record, state })
    return approval
  }
}

/** The approval, and what follows where this ended it well. */
async function writing(
  store: Store,
  organization: string,
  { version }: Document<Approval>,
  approval: Approval,
  nowMillis: number,
): Promise<Change[]> {
  const write = put(approvals, organization, approval.id, approval, { ...keptFor(approval), expect: version })
  const state = stateOfApproval(approval, nowMillis)
  if (state === 'pending') return [write]
  const ending = [write, ...noticesOfEnd(organization, approval, nowMillis)]
  if (state !== 'approved') return ending
  const kind = approvalKinds.find((each) => each.kind === approval.kind)
  if (kind === undefined) throw approvalFaults['unknown-kind']()
  const following = await kind.changesWhenApproved?.({ store, organization, approval, nowMillis })
  return [...ending, ...(following ?? [])]
}

function keptFor({ expiresAt }: Approval): { readonly expiresAt: number } {
  return { expiresAt: Date.parse(expiresAt) + KEPT_MILLIS }
}

function targetOf({ id }: Approval): string {
  return `approval/${id}`
}

function isoOf(millis: number): string {
  return new Date(millis).toISOString()
}
