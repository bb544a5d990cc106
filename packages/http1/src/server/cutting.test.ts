import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Response, ServerRequest } from '../message.ts'
import { openServer, readBody, text } from './fixture/open-server.ts'

const HOST = 'Host: a\r\n'

/** Requests of all kinds, each of which leaves the connection open. */
const requests = fc.constantFrom(
  `GET /get HTTP/1.1\r\n${HOST}\r\n`,
  `HEAD /head HTTP/1.1\r\n${HOST}\r\n`,
  `POST /length HTTP/1.1\r\n${HOST}Content-Length: 12\r\n\r\nGET / HTTP/1`,
  `POST /chunks HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n00b\r\n\r\n0\r\n\r\nABCD\r\n0\r\nT: 1\r\n\r\n`,
  `PUT /empty HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n\r\n`,
)
const last = `GET /last HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`

function echo(request: ServerRequest): Response | Promise<Response> {
  const tell = (body: string): Response => text(`<${request.target} ${JSON.stringify(body)}>`)
  // Answers at once where it can, so that both ways are taken.
  if (!(request.body instanceof Uint8Array) && request.body !== undefined) return readBody(request).then(tell)
  return tell(Buffer.from(request.body ?? []).toString('latin1'))
}

test('requests are the same however their bytes are cut', async () => {
  await using place = await openServer(echo)
  const cut = fc.record({
    sent: fc.array(requests, { minLength: 1, maxLength: 5 }).map((each) => each.join('') + last),
    sizes: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }),
  })
  const seen = (raw: string): string => raw.replaceAll(/Date: [^\r]+\r\n/g, '')
  await fc.assert(
    fc.asyncProperty(cut, async ({ sent, sizes }) => {
      const whole = await place.exchange(sent)
      const client = await place.connect()
      for (let at = 0, i = 0; at < sent.length; i++) {
        const size = sizes[i % sizes.length] as number
        client.send(sent.slice(at, at + size))
        at += size
        await new Promise((resolve) => setImmediate(resolve))
      }
      expect(seen(await client.end())).toBe(seen(whole))
      expect(whole).toContain('</last "">')
    }),
    { numRuns: 60 },
  )
})
