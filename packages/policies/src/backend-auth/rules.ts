import type { OutgoingDraft } from '@portcullis/policy-kit/backend-credential'
import type { BackendAuthFacts } from './contract.ts'
import { withoutParameters } from './query.ts'

/** Fields with which a caller proves who it is, whatever the contract says, in lower case. */
const always = ['authorization', 'dpop']

/** The fields of a caller's credentials, in lower case. */
export function strippedFields({ keys }: BackendAuthFacts): string[] {
  const named = keys.filter((each) => each.in === 'header').map((each) => each.name.toLowerCase())
  return [...new Set([...always, ...named])]
}

/** Takes keys out of query and cookies; `undefined` where the contract has none there. */
export function keyStripper({ keys }: BackendAuthFacts): ((draft: OutgoingDraft) => void) | undefined {
  const inQuery = new Set(keys.filter((each) => each.in === 'query').map((each) => each.name))
  const inCookie = new Set(keys.filter((each) => each.in === 'cookie').map((each) => each.name))
  if (inQuery.size === 0 && inCookie.size === 0) return undefined
  return (draft) => {
    if (inQuery.size > 0) draft.target = withoutParameters(draft.target, (name) => inQuery.has(name))
    if (inCookie.size > 0) stripCookies(draft, inCookie)
  }
}

/** RFC 6265 §4.2.1; HTTP/2 may bring several fields (RFC 9113 §8.2.3). */
function stripCookies({ headers }: OutgoingDraft, unwanted: ReadonlySet<string>): void {
  const all = headers.all('cookie').flatMap((field) => field.split(';').map((each) => each.trim()))
  if (all.length === 0) return
  const kept = all.filter((each) => !unwanted.has((each.split('=', 1)[0] as string).trim()))
  if (kept.length === all.length) return
  if (kept.length === 0) headers.remove('cookie')
  else headers.set('Cookie', kept.join('; '))
}
