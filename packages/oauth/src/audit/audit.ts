import { newId } from '@portcullis/kernel/id'
import type { AuditRecord } from '@portcullis/model/audit'
import { auditRecords } from '@portcullis/model/collection'
import { type Change, MAX_LIMIT, put, type Store } from '@portcullis/ports/store/port'

const KEPT_MILLIS = 400 * 86_400_000

/** What is committed together with what somebody did, so that neither is there without the other. */
export function auditing(organization: string, record: Omit<AuditRecord, 'at'>, nowMillis: number): Change {
  const value = { ...record, at: new Date(nowMillis).toISOString() }
  const options = { expect: 'absent', expiresAt: nowMillis + KEPT_MILLIS } as const
  return put(auditRecords, organization, newId('aud', nowMillis), value, options)
}

/** The newest first. Their ids sort by time, so all are read up to the last: operators ask, not callers. */
export async function readAudit(store: Store, organization: string, limit: number): Promise<AuditRecord[]> {
  let last: AuditRecord[] = []
  for (let after: string | undefined; ; ) {
    const page = await store.find(auditRecords, organization, {
      limit: MAX_LIMIT,
      ...(after !== undefined && { after }),
    })
    last = [...last, ...page.map(({ value }) => value)].slice(-limit)
    if (page.length < MAX_LIMIT) return last.toReversed()
    after = page.at(-1)?.id
  }
}
