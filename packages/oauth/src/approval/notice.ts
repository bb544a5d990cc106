import type { Approval } from '@portcullis/model/approval/approval'
import { type ApprovalNotice, approvalNotices, SYSTEM } from '@portcullis/model/collection'
import { type Change, type Document, put, remove } from '@portcullis/ports/store/port'
import { dueId, waitMillis } from '../due/due.ts'

/** Who was not told by then need not be told any more. */
const KEPT_MILLIS = 7 * 86_400_000
const MOST_TRIES = 8

/** With the asking: approvers are told now, and the asker at the latest when the time is over. */
export function noticesOfAsking(organization: string, approval: Approval, nowMillis: number): Change[] {
  return [
    due({ organization, approval: approval.id, what: 'asked', tries: 0 }, nowMillis),
    due({ organization, approval: approval.id, what: 'ended', tries: 0 }, Date.parse(approval.expiresAt)),
  ]
}

/** With the word that ends it: its asker is told now, and not when the time is over. */
export function noticesOfEnd(organization: string, { id, expiresAt }: Approval, nowMillis: number): Change[] {
  const notice: ApprovalNotice = { organization, approval: id, what: 'ended', tries: 0 }
  return [remove(approvalNotices, SYSTEM, idOf(notice, Date.parse(expiresAt))), due(notice, nowMillis)]
}

/** Told: it is not told again. */
export function toldNotice({ id, version }: Document<ApprovalNotice>): Change {
  return remove(approvalNotices, SYSTEM, id, version)
}

/** It could not be told: later, and twice as long each time; nothing once it was tried often enough. */
export function retriedNotice(document: Document<ApprovalNotice>, nowMillis: number): Change[] {
  const { value } = document
  const tries = value.tries + 1
  const again = tries >= MOST_TRIES ? [] : [due({ ...value, tries }, nowMillis + waitMillis(tries))]
  return [toldNotice(document), ...again]
}

function idOf({ approval, what }: ApprovalNotice, dueMillis: number): string {
  return dueId(dueMillis, `${approval}/${what}`)
}

function due(notice: ApprovalNotice, dueMillis: number): Change {
  return put(approvalNotices, SYSTEM, idOf(notice, dueMillis), notice, { expiresAt: dueMillis + KEPT_MILLIS })
}
