import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exchange } from './fixture/exchange.ts'
import { FUZZ_TIMEOUT_MILLIS, fuzzAsync } from './fixture/fuzz.ts'
import { inPieces, request } from './fixture/generate-message.ts'
import { openProxy, type ProxyUnderTest } from './fixture/open-proxy.ts'
import { readRequest } from './fixture/read-message.ts'
import { openRecordingBackend, type RecordingBackend } from './fixture/recording-backend.ts'

let backend: RecordingBackend
let proxy: ProxyUnderTest

beforeAll(async () => {
  backend = await openRecordingBackend()
  proxy = await openProxy(backend.origin)
})

afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await backend[Symbol.asyncDispose]()
})

interface Arrived {
  readonly method: string
  readonly url: string
  readonly body: string
}

/** What has to arrive behind the proxy: one request after the other, up to the first that is refused or the last. */
function requestsIn(bytes: Buffer): Arrived[] {
  const found: Arrived[] = []
  let rest = bytes
  while (rest.length > 0) {
    const read = readRequest([rest])
    if (read.outcome !== 'message') break
    found.push({ method: read.head.method, url: read.head.target, body: read.body })
    if (!read.head.keepAlive) break
    rest = rest.subarray(read.length)
  }
  return found
}

test(
  'exactly the requests that are accepted arrive behind, whatever is generated and however it is cut',
  async () => {
    let count = 0
    await fuzzAsync(
      fc.array(inPieces(request), { minLength: 1, maxLength: 3 }),
      async (messages) => {
        const pieces = messages.flat()
        const expected = requestsIn(Buffer.concat(pieces))
        backend.forget()
        await exchange(proxy.port, pieces, { endAfterMillis: 5 })
        const arrived = backend.requests.map(({ method, url, body }) => ({ method, url, body }))
        // A caller who has sent all and ends is taken to have left: what is not under way yet may then stay away.
        expect(arrived).toEqual(expected.slice(0, arrived.length))
        expect(backend.refusals).toEqual([])
        count += arrived.length
      },
      300,
    )
    expect(count).toBeGreaterThan(50)
    expect(proxy.failures).toEqual([])
  },
  FUZZ_TIMEOUT_MILLIS,
)
