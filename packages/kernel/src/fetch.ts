/**
 * As much of `fetch` (https://fetch.spec.whatwg.org) as we use: what the runtime has does it, and so does our own client,
 * which a server has in memory anyway. Rejects where nobody answers; where the signal ended it, with the signal's reason.
 */
export type Fetch = (url: string, request: FetchRequest) => Promise<FetchAnswer>

export interface FetchRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
  /** None is followed: it is an error, or an answer like others. */
  readonly redirect: 'error' | 'manual'
  readonly signal: AbortSignal
}

export interface FetchAnswer {
  readonly status: number
  /** Giving the iteration up gives the rest up. */
  readonly body: AsyncIterable<Uint8Array> | null
}

/** The whole of an answer, as UTF-8. Throws an `Error` where it is longer or no UTF-8. */
export async function readText({ body }: Pick<FetchAnswer, 'body'>, maxBytes: number): Promise<string> {
  // Bytes are counted as they come out: a length can be missing or wrong, and what comes may be compressed.
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw new RangeError(`its answer is longer than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(joined(chunks, bytes))
}

/** Reads no more of an answer than its first piece. */
export async function giveUp({ body }: Pick<FetchAnswer, 'body'>): Promise<void> {
  for await (const _ of body ?? []) return
}

function joined(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  if (chunks.length === 1) return chunks[0] as Uint8Array
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.byteLength
  }
  return whole
}
