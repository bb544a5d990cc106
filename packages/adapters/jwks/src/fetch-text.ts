export interface FetchLimits {
  readonly fetch: typeof fetch
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
  await answer.body?.cancel()
  throw new Error(`it answers with status ${answer.status}`)
}

/** The whole of an answer, as UTF-8. Throws an `Error` that says why there is none. */
export async function readText(answer: Response, maxBytes: number): Promise<string> {
  // Bytes are counted as they come out: a length can be missing or wrong, and what comes may be compressed.
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new Error(`its answer is longer than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
}
