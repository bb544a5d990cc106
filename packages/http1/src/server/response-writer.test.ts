import { expect, test, vi } from 'vitest'
import { StreamedBody } from '../body/streamed-body.ts'
import { openSocketPair } from '../fixture/socket-pair.ts'
import { Outlet } from '../outlet.ts'
import { ResponseWriter } from './response-writer.ts'

const source = { pause: () => undefined, resume: () => undefined, abandon: () => undefined }
const owner = { onFull: () => undefined, onWritten: () => undefined, onBroken: () => undefined }
const answering = { isHead: false, minorVersion: 1, keepAlive: true, acceptsTrailers: false } as const

/** A writer, and what it has written, piece by piece. */
async function opened() {
  const pair = await openSocketPair()
  const outlet = new Outlet(pair.from, () => undefined)
  const written: string[] = []
  // Buffers are lent: what is in them is told now.
  vi.spyOn(outlet, 'write').mockImplementation((data) => {
    written.push(typeof data === 'string' ? data : Buffer.from(data).toString('latin1'))
    return true
  })
  const writer = new ResponseWriter(outlet, owner)
  return { writer, written, [Symbol.asyncDispose]: () => pair[Symbol.asyncDispose]() }
}

test('a head leaves with the content that is pushed right behind it, in one write', async () => {
  await using place = await opened()
  const body = new StreamedBody(source)
  place.writer.start({ status: 200, fields: ['Date', 'then', 'Content-Length', '9'], body }, answering)
  body.push(Buffer.from('abc'))
  await Promise.resolve()
  body.push(Buffer.from('def'))
  expect(place.written).toEqual(['HTTP/1.1 200 OK\r\nDate: then\r\nContent-Length: 9\r\n\r\nabc', 'def'])
})

test('a head waits for no content that takes longer', async () => {
  await using place = await opened()
  place.writer.start({ status: 200, fields: ['Date', 'then'], body: new StreamedBody(source) }, answering)
  expect(place.written).toEqual([])
  await Promise.resolve()
  expect(place.written).toEqual(['HTTP/1.1 200 OK\r\nDate: then\r\nTransfer-Encoding: chunked\r\n\r\n'])
})
