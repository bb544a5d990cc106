import { newId } from '@portcullis/kernel/id'
import type { AuditRecord } from '@portcullis/model/audit'
import { auditRecords } from '@portcullis/model/collection'
import { type Change, put } from '@portcullis/ports/store/port'

const KEPT_MILLIS = 400 * 86_400_000

/** What is committed together with what somebody did, so that neither is there without the other. */
export function auditing(organization: string, record: Omit<AuditRecord, 'at'>, nowMillis: number): Change {
  const value = { ...record, at: new Date(nowMillis).toISOString() }
  const options = { expect: 'absent', expiresAt: nowMillis + KEPT_MILLIS } as const
  return put(auditRecords, organization, newId('aud', nowMillis), value, options)
}
