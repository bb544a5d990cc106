import type { Response, Trailers } from '../message.ts'
import type { WholeBody } from './whole-body.ts'

/** A response whose content came in one piece, or that has none. */
export class WholeResponse implements Response {
  readonly status: number
  readonly fields: readonly string[]
  readonly whole: WholeBody | undefined
  readonly trailers: Trailers | undefined

  constructor(
    { status, fields }: Pick<Response, 'status' | 'fields'>,
    whole: WholeBody | undefined,
    trailers: Trailers | undefined,
  ) {
    this.status = status
    this.fields = fields
    this.whole = whole
    this.trailers = trailers
  }

  get body(): Uint8Array | undefined {
    return this.whole?.bytes
  }
}
