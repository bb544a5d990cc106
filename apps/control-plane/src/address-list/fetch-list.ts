import { ListRefused, readList } from './read-list.ts'

export type Fetch = typeof fetch

const TIMEOUT_MILLIS = 30_000
/** A hundred thousand ranges of IPv6 with a comment each. */
const MAX_BYTES = 8 * 1024 * 1024

export interface FetchedNow {
  readonly entries: readonly string[]
  readonly tag: string | undefined
}

/**
 * Fetches a list; `undefined` where it is still the one with this tag (RFC 9110 §13.1.2). Redirects are not followed: the
 * address was declared, and whoever can redirect it could name any other.
 *
 * @throws ListRefused, or what the network says.
 */
export async function fetchList(
  url: string,
  tag: string | undefined,
  get: Fetch,
): Promise<FetchedNow | undefined> {
  const response = await get(url, {
    redirect: 'manual',
    signal: AbortSignal.timeout(TIMEOUT_MILLIS),
    headers: { accept: 'text/plain', ...(tag !== undefined && { 'if-none-match': tag }) },
  })
  if (response.status === 304 && tag !== undefined) {
    await response.body?.cancel()
    return undefined
  }
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new ListRefused(`it answers with status ${response.status}`)
  }
  return { entries: readList(await textOf(response)), tag: response.headers.get('etag')?.slice(0, 256) }
}

async function textOf(response: Response): Promise<string> {
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of response.body ?? []) {
    bytes += piece.byteLength
    if (bytes > MAX_BYTES) throw new ListRefused(`it is longer than ${MAX_BYTES} bytes`)
    pieces.push(piece)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces))
  } catch {
    throw new ListRefused('it is no text')
  }
}
