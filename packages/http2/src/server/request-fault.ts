import type { Reason } from '../head/malformed.ts'

/** Why the body of a request ends before its end: what was wrong with it, or that whoever sent it went away. */
export class RequestFault extends Error {
  override readonly name = 'RequestFault'
  readonly reason: Reason | 'caller-gone' | 'answered'

  constructor(reason: RequestFault['reason']) {
    super(`the rest of the request will not come: ${reason}`)
    this.reason = reason
  }
}
