import type { RetryCondition } from '@portcullis/model/resource/upstream'
import type { Body } from '@portcullis/policy-kit/message/reply'

/** RFC 9110 §9.2.2: doing it twice is as good as doing it once. */
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/**
 * Whether a call may be sent to another target after this has become of it. Where nothing was sent every call may;
 * otherwise only one that may be done twice, and whose body has not gone by.
 */
export function maySendAgain(
  happened: RetryCondition,
  on: readonly RetryCondition[],
  { method, body }: { readonly method: string; readonly body: Body | undefined },
): boolean {
  if (!on.includes(happened)) return false
  if (happened === 'connect-failure') return true
  return idempotent.has(method) && (body === undefined || body instanceof Uint8Array)
}
