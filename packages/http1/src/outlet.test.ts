import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { openSocketPair } from './fixture/socket-pair.ts'
import { Outlet } from './outlet.ts'

/** More than the buffers of the system hold, in one piece. */
const LARGE = 16_000_000

describe('an outlet', () => {
  test('has nothing waiting when the system took what was written, and the other side gets it', async () => {
    await using place = await openSocketPair()
    const outlet = new Outlet(place.from, () => undefined)
    expect(outlet.write('caf\xe9 ')).toBe(true)
    expect(outlet.write(Buffer.from('au lait'))).toBe(true)
    expect([outlet.waitingBytes, outlet.isFull]).toEqual([0, false])
    place.from.end()
    let got = ''
    for await (const bytes of place.to) got += (bytes as Buffer).toString('latin1')
    expect(got).toBe('caf\xe9 au lait')
  })

  test('keeps what is written before its socket is connected until it is', async () => {
    const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    const outlet = new Outlet(socket, () => undefined)
    outlet.write('a')
    outlet.write('b')
    const echoed: string[] = []
    socket.on('data', (bytes: Buffer) => echoed.push(bytes.toString('latin1')))
    await expect.poll(() => echoed.join('')).toBe('ab')
  })

  test('is full while a large piece waits, keeps the order of all that follows, and tells once that there is room', async () => {
    await using place = await openSocketPair()
    let told = 0
    const room = Promise.withResolvers<void>()
    const outlet = new Outlet(place.from, () => {
      told++
      room.resolve()
    })
    expect(outlet.write(Buffer.alloc(LARGE, 'a'))).toBe(false)
    expect([outlet.isFull, outlet.waitingBytes > 0]).toEqual([true, true])
    outlet.write('b')
    outlet.together(() => {
      outlet.write('c')
      outlet.write('d')
    })
    place.from.end()
    let length = 0
    let last = ''
    for await (const bytes of place.to) {
      length += (bytes as Buffer).length
      last = (last + (bytes as Buffer).subarray(-4).toString('latin1')).slice(-4)
    }
    await room.promise
    expect([length, last, told]).toEqual([LARGE + 3, 'abcd', 1])
    expect([outlet.isFull, outlet.waitingBytes]).toEqual([false, 0])
  })

  test('waits for its own bytes alone: others are told when theirs are taken, and write on meanwhile', async () => {
    const told: string[] = []
    const open = async (name: string) => {
      const place = await openSocketPair()
      const room = Promise.withResolvers<void>()
      const outlet = new Outlet(place.from, () => {
        told.push(name)
        room.resolve()
      })
      return { place, outlet, room: room.promise }
    }
    const [first, second, third] = await Promise.all(['first', 'second', 'third'].map(open))
    if (first === undefined || second === undefined || third === undefined) throw new Error('not open')
    await using stack = new AsyncDisposableStack()
    for (const { place } of [first, second, third]) stack.use(place)
    expect([first, second].map(({ outlet }) => outlet.write(Buffer.alloc(LARGE)))).toEqual([false, false])
    expect(third.outlet.write('x')).toBe(true)
    second.place.to.resume()
    await second.room
    expect([first.outlet.isFull, second.outlet.isFull, told]).toEqual([true, false, ['second']])
    first.place.to.resume()
    await first.room
    expect(told).toEqual(['second', 'first'])
  })

  test('has no small piece held back behind another: the system is told once, before the second', async () => {
    await using place = await openSocketPair()
    const outlet = new Outlet(place.from, () => undefined)
    const told = vi.spyOn(place.from, 'setNoDelay')
    outlet.write('a')
    expect(told).not.toHaveBeenCalled()
    for (const each of ['b', 'c', 'd']) outlet.write(each)
    expect(told.mock.calls).toEqual([[true]])
  })

  test('ends with its connection: what it can’t write closes it, and is told to nobody else', async () => {
    await using place = await openSocketPair()
    const outlet = new Outlet(place.from, () => undefined)
    place.from.on('error', () => undefined)
    const closed = new Promise((resolve) => place.from.on('close', resolve))
    place.from.resume()
    place.to.resetAndDestroy()
    await once(place.to, 'close')
    await expect
      .poll(() => {
        outlet.write('x')
        return place.from.destroyed
      })
      .toBe(true)
    await closed
    outlet.write('y')
    expect(place.from.destroyed).toBe(true)
  })
})
