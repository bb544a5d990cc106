import { type Fetch, giveUp, readText } from '@portcullis/kernel/fetch'

export interface FetchLimits {
  readonly fetch: Fetch
  readonly timeoutMillis: number
  readonly maxBytes: number
}

/**
 * The text behind an http or https URL. Redirects are not followed: the address of an issuer's keys is configured, and
 * whoever can redirect it could name keys of their own. Throws an `Error` that says why there is none.
 */
export async function fetchText(url: string, limits: FetchLimits): Promise<string> {
  const protocol = URL.parse(url)?.protocol
  if (protocol !== 'https:' && protocol !== 'http:') throw new Error('it is no http or https URL')
  const answer = await limits.fetch(url, {
    redirect: 'manual',
    // Also ends a body that trickles.
    signal: AbortSignal.timeout(limits.timeoutMillis),
    headers: { accept: 'application/jwk-set+json, application/json' },
  })
  if (answer.status === 200) return readText(answer, limits.maxBytes)
  await giveUp(answer)
  throw new Error(`it answers with status ${answer.status}`)
}
