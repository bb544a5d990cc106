import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { openSocketPair } from '../fixture/socket-pair.ts'
import { Outlet } from '../outlet.ts'
import { writeJoined } from './copy-pool.ts'

test.each([
  ['small pieces', 10, 300],
  ['pieces that are lent a buffer', 60_000, 60],
  ['pieces larger than any buffer', 100_000, 40],
])('what waits for a slow reader is never overwritten: %s', async (_, size, count) => {
  await using place = await openSocketPair()
  const outlet = new Outlet(place.from, () => undefined)
  const source = Buffer.alloc(size)
  const sent = createHash('sha256')
  let length = 0
  for (let i = 0; i < count; i++) {
    // The same memory each time, as with what is read from a socket.
    randomBytes(size).copy(source)
    writeJoined(outlet, `<${i}`, source, '>')
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
