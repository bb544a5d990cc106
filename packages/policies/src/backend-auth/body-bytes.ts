import type { OutgoingDraft } from '@portcullis/policy-kit/backend-credential'

const EMPTY = new Uint8Array(0)

/** The whole body of a request whose body need was `whole`. Throws for one that streams, which can't be signed. */
export function bodyBytes({ body }: OutgoingDraft): Uint8Array {
  if (body === undefined) return EMPTY
  if (body instanceof Uint8Array) return body
  throw new TypeError('a body that streams cannot be signed')
}

export function hostOf({ origin }: Pick<OutgoingDraft, 'origin'>): string {
  return origin.slice(origin.indexOf('//') + 2)
}

/** Path and query of a target; the query without `?`, `undefined` where there is none. */
export function splitTarget(target: string): { path: string; query: string | undefined } {
  const at = target.indexOf('?')
  return at === -1
    ? { path: target, query: undefined }
    : { path: target.slice(0, at), query: target.slice(at + 1) }
}
