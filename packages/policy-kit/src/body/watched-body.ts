import { faultOf, stepFaults } from '../message/problem.ts'
import type { Body } from '../message/reply.ts'

/** Looks at a body on its way to the backend, chunk by chunk. Throws a fault to end the call; what is sent is not changed. */
export type BodyWatcher = (chunk: Uint8Array) => void

/** A watcher that also ends the call once more than so many bytes have passed. */
export function cappedWatcher(maxBytes: number, watcher: BodyWatcher | undefined): BodyWatcher {
  let passed = 0
  return (chunk) => {
    passed += chunk.byteLength
    if (passed > maxBytes) throw bodyTooLarge(maxBytes)
    watcher?.(chunk)
  }
}

export function bodyTooLarge(maxBytes: number) {
  return stepFaults['body-too-large']({ detail: `This operation takes bodies of at most ${maxBytes} bytes.` })
}

/**
 * The same body under the eyes of watchers. Each sees a chunk before the backend gets it, and no chunk is kept. Throws,
 * now or while the body is read, what a watcher throws, as a fault.
 */
export function watchedBody(body: Body, watchers: readonly BodyWatcher[]): Body {
  if (!(body instanceof Uint8Array)) return watchedStream(body, watchers)
  show(body, watchers)
  return body
}

async function* watchedStream(
  body: AsyncIterable<Uint8Array>,
  watchers: readonly BodyWatcher[],
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    show(chunk, watchers)
    yield chunk
  }
}

function show(chunk: Uint8Array, watchers: readonly BodyWatcher[]): void {
  try {
    for (const watch of watchers) watch(chunk)
  } catch (thrown) {
    throw faultOf(thrown)
  }
}
