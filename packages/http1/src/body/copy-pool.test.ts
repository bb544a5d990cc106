import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { writeJoined } from './copy-pool.ts'

async function pair(): Promise<{ from: Socket; to: Socket; [Symbol.asyncDispose](): Promise<void> }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const from = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [to] = (await once(server, 'connection')) as [Socket]
  return {
    from,
    to,
    async [Symbol.asyncDispose]() {
      from.destroy()
      to.destroy()
      await new Promise((closed) => server.close(closed))
    },
  }
}

test.each([
  ['small pieces', 10, 300],
  ['pieces that are lent a buffer', 60_000, 60],
  ['pieces larger than any buffer', 100_000, 40],
])('what waits for a slow reader is never overwritten: %s', async (_, size, count) => {
  await using place = await pair()
  const source = Buffer.alloc(size)
  const sent = createHash('sha256')
  let length = 0
  for (let i = 0; i < count; i++) {
    // The same memory each time, as with what is read from a socket.
    randomBytes(size).copy(source)
    writeJoined(place.from, `<${i}`, source, '>')
    sent.update(`<${i}`).update(source).update('>')
    length += `<${i}>`.length + size
  }
  const got = createHash('sha256')
  for await (const chunk of place.to) {
    got.update(chunk)
    length -= chunk.length
    if (length === 0) break
  }
  expect(got.digest('hex')).toBe(sent.digest('hex'))
})
