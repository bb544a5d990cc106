import { getEventListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import type { ClientError } from './client-error.ts'
import type { ClientLimits } from './client-limits.ts'
import { answering, get, OK, openRawBackend, post, textOf } from './fixture/raw-backend.ts'
import { type Http1Client, openHttp1Client } from './open-http1-client.ts'

const clients: Http1Client[] = []

function open(limits: Partial<ClientLimits> = {}): Http1Client {
  const client = openHttp1Client(limits)
  clients.push(client)
  return client
}

/** Every test leaves nothing under way. */
afterEach(() => {
  for (const client of clients.splice(0)) {
    client.close()
    expect(client.counts()).toEqual({ open: 0, connecting: 0, idle: 0, waiting: 0 })
  }
})

const reasonOf = (error: ClientError): string => error.reason
const IDLE = { open: 1, connecting: 0, idle: 1, waiting: 0 }
const NONE = { open: 0, connecting: 0, idle: 0, waiting: 0 }

describe('the connections of a client', () => {
  test('are used again, the one used last first', async () => {
    const served: number[] = []
    await using backend = await openRawBackend(async (connection, index) => {
      while ((await connection.readHead()) !== '') {
        served.push(index)
        // The second is used last, as it answers when the first one has.
        if (served.length <= 2 && index === 1) await expect.poll(() => client.counts().idle).toBe(1)
        connection.write(OK)
      }
    })
    const client = open()
    await Promise.all([client.request(backend.origin, get()), client.request(backend.origin, get())])
    for (let i = 0; i < 3; i++) await client.request(backend.origin, get())
    expect(client.counts()).toEqual({ ...IDLE, open: 2, idle: 2 })
    expect(served.slice(2)).toEqual([1, 1, 1])
  })

  test('carry one request at a time', async () => {
    await using backend = await openRawBackend(() => undefined)
    const client = open({ maxConnectionsPerOrigin: 1 })
    const both = [1, 2].map((id) => client.request(backend.origin, get({ target: `/${id}` })).catch(reasonOf))
    await expect.poll(() => backend.connections[0]?.received).toContain('\r\n\r\n')
    expect(client.counts()).toEqual({ open: 1, connecting: 0, idle: 0, waiting: 1 })
    expect(backend.connections[0]?.received.match(/GET/g)).toHaveLength(1)
    client.close()
    expect(await Promise.all(both)).toEqual(['closed', 'closed'])
  })

  test('are given to those who wait in the order in which they came', async () => {
    const seen: string[] = []
    await using backend = await openRawBackend(async (connection) => {
      for (let head = await connection.readHead(); head !== ''; head = await connection.readHead()) {
        seen.push(head.split(' ')[1] ?? '')
        await sleep(5)
        connection.write(OK)
      }
    })
    const client = open({ maxConnectionsPerOrigin: 1 })
    await Promise.all([1, 2, 3, 4].map((id) => client.request(backend.origin, get({ target: `/${id}` }))))
    expect(seen).toEqual(['/1', '/2', '/3', '/4'])
    expect(backend.connections).toHaveLength(1)
  })

  test('are waited for by a bounded number of requests', async () => {
    await using backend = await openRawBackend(() => undefined)
    const client = open({ maxConnectionsPerOrigin: 1, maxWaitingPerOrigin: 1 })
    const first = client.request(backend.origin, get()).catch(reasonOf)
    await expect.poll(() => client.counts()).toMatchObject({ open: 1, connecting: 0, waiting: 0 })
    const second = client.request(backend.origin, get()).catch(reasonOf)
    expect(await client.request(backend.origin, get()).catch(reasonOf)).toBe('too-many-waiting')
    client.close()
    expect(await Promise.all([first, second])).toEqual(['closed', 'closed'])
  })

  test('are waited for only so long, and the next one is not held up by those who left', async () => {
    const held = Promise.withResolvers<void>()
    await using backend = await openRawBackend(async (connection) => {
      await connection.readHead()
      await held.promise
      connection.write(OK)
    })
    const client = open({ maxConnectionsPerOrigin: 1, waitTimeoutMillis: 50 })
    const first = client.request(backend.origin, get())
    await expect.poll(() => client.counts()).toMatchObject({ open: 1, connecting: 0 })
    const began = performance.now()
    expect(await client.request(backend.origin, get()).catch(reasonOf)).toBe('wait-timeout')
    expect(performance.now() - began).toBeGreaterThan(49)
    held.resolve()
    expect((await first).status).toBe(200)
    expect(client.counts()).toEqual(IDLE)
  })

  test('are not shared between origins', async () => {
    await using one = await openRawBackend(answering(OK))
    await using two = await openRawBackend(answering(OK))
    const client = open({ maxConnectionsPerOrigin: 1 })
    await Promise.all([one, two].map((each) => client.request(each.origin, get())))
    expect([one.open(), two.open()]).toEqual([1, 1])
  })

  test('go to IPv6 addresses', async () => {
    await using backend = await openRawBackend(answering(OK), undefined, '::1')
    expect(await textOf((await open().request(backend.origin, get())).body)).toBe('ok')
  })

  test('close when their server says how long it keeps them, a little before it does', async () => {
    const kept = 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok'
    await using backend = await openRawBackend(answering(kept))
    const client = open()
    await client.request(backend.origin, get())
    expect(client.counts()).toEqual(NONE)
  })

  test('close when they have been idle for long', async () => {
    await using backend = await openRawBackend(answering(OK))
    const client = open({ keepAliveMillis: 50 })
    await client.request(backend.origin, get())
    expect(client.counts()).toEqual(IDLE)
    await expect.poll(backend.open).toBe(0)
    expect(client.counts()).toEqual(NONE)
  })

  test('are not used again when they are old, so that names are looked up anew', async () => {
    await using backend = await openRawBackend(answering(OK))
    const client = open({ maxConnectionAgeMillis: 50 })
    const connectionsAfterCall = async () => {
      await client.request(backend.origin, get())
      return backend.connections.length
    }
    expect(await connectionsAfterCall()).toBe(1)
    await expect.poll(connectionsAfterCall).toBe(2)
  })

  test('close at the first byte that nobody asked for', async () => {
    await using backend = await openRawBackend(answering(OK))
    const client = open()
    await client.request(backend.origin, get())
    backend.connections[0]?.write('HTTP/1.1 408 Request Timeout\r\n\r\n')
    await expect.poll(() => client.counts()).toEqual(NONE)
    await expect.poll(backend.open).toBe(0)
  })

  test.each([
    ['a second response', `${OK}HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstole`],
    ['anything', `${OK}\r\n`],
    ['anything after chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nX'],
  ])('are not used again after %s behind a response', async (_, text) => {
    await using backend = await openRawBackend(async (connection, index) => {
      await connection.readHead()
      connection.write(index === 0 ? text : OK)
    })
    const client = open({ maxConnectionsPerOrigin: 1 })
    const answers = await Promise.all([1, 2].map(() => client.request(backend.origin, get())))
    expect(await Promise.all(answers.map((each) => textOf(each.body)))).toEqual(['ok', 'ok'])
    expect(backend.connections).toHaveLength(2)
  })

  test.each([
    ['it says close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['it is HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
  ])('are not used again when %s', async (_, text) => {
    await using backend = await openRawBackend(answering(text))
    const client = open()
    await client.request(backend.origin, get())
    expect(client.counts()).toEqual(NONE)
  })
})

describe('a connection that cannot be made', () => {
  test('fails the request that waits longest, and each of the others by its own try', async () => {
    const client = open({ maxConnectionsPerOrigin: 2 })
    const backend = await openRawBackend(() => undefined)
    await backend[Symbol.asyncDispose]()
    const all = [1, 2, 3, 4, 5].map(() => client.request(backend.origin, get()).catch(reasonOf))
    expect(await Promise.all(all)).toEqual(Array(5).fill('connect-failed'))
    expect(client.counts()).toEqual(NONE)
  })

  test.each(['ftp://a', 'http://a/path', 'http://u:p@a', 'nothing'])('is not tried: %s', async (origin) => {
    expect(await open().request(origin, get()).catch(reasonOf)).toBe('bad-settings')
  })
})

describe('a request on a connection that its server has just closed', () => {
  /** Takes one request on the first connection and closes it when the second comes. */
  async function stale() {
    return openRawBackend(async (connection, index) => {
      await connection.readHead()
      connection.write(OK)
      if (index > 0) return
      await connection.readUntil('\r\n')
      connection.socket.destroy()
    })
  }

  test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'])(
    'is sent again once when it is %s',
    async (method) => {
      await using backend = await stale()
      const client = open()
      await client.request(backend.origin, get())
      expect((await client.request(backend.origin, get({ method }))).status).toBe(200)
      expect(backend.connections).toHaveLength(2)
    },
  )

  test('is not sent again when it is POST, which might be done twice (RFC 9110 §9.2.2)', async () => {
    await using backend = await stale()
    const client = open()
    await client.request(backend.origin, get())
    expect(await client.request(backend.origin, post(Buffer.from('x'))).catch(reasonOf)).toBe('closed-early')
    expect(backend.connections).toHaveLength(1)
  })

  test('is not sent again when its body cannot be', async () => {
    await using backend = await stale()
    const client = open()
    await client.request(backend.origin, get())
    const body = (async function* () {
      yield Buffer.from('x')
    })()
    expect(await client.request(backend.origin, get({ method: 'PUT', body })).catch(reasonOf)).toBe(
      'closed-early',
    )
  })

  test('is not sent again when a part of the response had come', async () => {
    await using backend = await openRawBackend(async (connection) => {
      await connection.readHead()
      connection.write(OK)
      await connection.readHead()
      connection.write('HTTP/1.1 200')
      connection.socket.end()
    })
    const client = open()
    await client.request(backend.origin, get())
    expect(await client.request(backend.origin, get()).catch(reasonOf)).toBe('closed-early')
    expect(backend.connections).toHaveLength(1)
  })

  test('is not sent a third time', async () => {
    await using backend = await openRawBackend(async (connection, index) => {
      await connection.readHead()
      if (index === 0) connection.write(OK)
      else connection.socket.destroy()
      await connection.readHead()
      connection.socket.destroy()
    })
    const client = open()
    await client.request(backend.origin, get())
    expect(await client.request(backend.origin, get()).catch(reasonOf)).toBe('closed-early')
    expect(backend.connections).toHaveLength(2)
  })
})

describe('a request that its caller gives up', () => {
  test('leaves the queue', async () => {
    await using backend = await openRawBackend(async (connection) => {
      await connection.readHead()
      await sleep(60)
      connection.write(OK)
      expect(await connection.readHead()).toContain('/third')
      connection.write(OK)
    })
    const client = open({ maxConnectionsPerOrigin: 1 })
    const first = client.request(backend.origin, get())
    const caller = new AbortController()
    const second = client.request(backend.origin, get({ signal: caller.signal })).catch(reasonOf)
    const third = client.request(backend.origin, get({ target: '/third' }))
    caller.abort()
    expect(await second).toBe('aborted')
    expect([(await first).status, (await third).status]).toEqual([200, 200])
  })

  test('takes the connection that is being made for it along', async () => {
    // It never answers the handshake.
    await using backend = await openRawBackend(() => undefined)
    const client = open()
    const caller = new AbortController()
    const origin = backend.origin.replace('http:', 'https:')
    const given = client.request(origin, get({ signal: caller.signal })).catch(reasonOf)
    await expect.poll(backend.open).toBe(1)
    expect(client.counts()).toEqual({ open: 1, connecting: 1, idle: 0, waiting: 1 })
    caller.abort()
    expect(await given).toBe('aborted')
    expect(client.counts()).toEqual(NONE)
    await expect.poll(backend.open).toBe(0)
  })

  test('closes the connection on which its response is awaited', async () => {
    await using backend = await openRawBackend(() => undefined)
    const client = open()
    const caller = new AbortController()
    const given = client.request(backend.origin, get({ signal: caller.signal })).catch(reasonOf)
    await expect.poll(() => backend.connections[0]?.received).toContain('GET')
    caller.abort()
    expect(await given).toBe('aborted')
    await backend.connections[0]?.closed()
    expect(client.counts()).toEqual(NONE)
  })

  test('closes the connection on which its response is coming, and fails its body', async () => {
    await using backend = await openRawBackend(answering('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nha'))
    const client = open()
    const caller = new AbortController()
    const { body } = await client.request(backend.origin, get({ signal: caller.signal }))
    const read = textOf(body).catch(reasonOf)
    caller.abort()
    expect(await read).toBe('aborted')
    await backend.connections[0]?.closed()
    expect(client.counts()).toEqual(NONE)
  })

  test('is not sent when it was given up before', async () => {
    await using backend = await openRawBackend(answering(OK))
    const signal = AbortSignal.abort()
    expect(await open().request(backend.origin, get({ signal })).catch(reasonOf)).toBe('aborted')
    expect(backend.connections).toHaveLength(0)
  })

  test('no longer listens to its signal when it is done', async () => {
    await using backend = await openRawBackend(answering(OK))
    const client = open()
    const caller = new AbortController()
    await client.request(backend.origin, get({ signal: caller.signal }))
    expect(getEventListeners(caller.signal, 'abort')).toEqual([])
    caller.abort()
    expect(client.counts()).toEqual(IDLE)
  })
})
