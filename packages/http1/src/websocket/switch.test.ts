import type { Tunnel } from '@portcullis/kernel/tunnel'
import { describe, expect, test } from 'vitest'
import { get, openRawBackend, type RawConnection } from '../client/fixture/raw-backend.ts'
import { openHttp1Client } from '../client/open-http1-client.ts'
import type { Response } from '../message.ts'
import { openServer, text } from '../server/fixture/open-server.ts'
import { acceptOf } from './handshake.ts'

// RFC 6455 §1.3
const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='

const offer = (changes: Record<string, string | undefined> = {}, start = 'GET /chat HTTP/1.1'): string => {
  const fields = {
    Host: 'a',
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': KEY,
    ...changes,
  }
  const lines = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : value.split('\n').map((each) => `${name}: ${each}`),
  )
  return [start, ...lines, '', ''].join('\r\n')
}

/** Says everything back, and ends when told to. */
function echo(tunnel: Tunnel): void {
  tunnel.open({
    onBytes: (bytes) => void tunnel.write(bytes),
    onRoom() {},
    onEnd: () => tunnel.end(),
    onClose() {},
  })
}

const switching = (fields: string[] = []): Response => ({
  status: 101,
  fields,
  body: undefined,
  switchTo: echo,
})

describe('a server', () => {
  test('changes to WebSocket with the proof of RFC 6455, and hands over what came ahead', async () => {
    await using place = await openServer(({ upgrade }) =>
      upgrade === 'websocket'
        ? switching(['Sec-WebSocket-Protocol', 'chat', 'Sec-WebSocket-Accept', 'x'])
        : text(''),
    )
    const client = await place.connect()
    client.send(`${offer({ Upgrade: 'WebSocket', Connection: 'keep-alive, upgrade' })}early`)
    const raw = await client.until('early')
    expect(raw).toBe(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Accept: ${ACCEPT}\r\nSec-WebSocket-Protocol: chat\r\n\r\nearly`,
    )
    client.send(' and late')
    await client.until('and late')
    expect(place.server.counts()).toMatchObject({ connections: 1, requests: 1 })
    client.socket.end()
    await client.end()
    await expect.poll(() => place.server.counts()).toMatchObject({ connections: 0, requests: 0 })
  })

  test.each([
    ['no key', offer({ 'Sec-WebSocket-Key': undefined }), 400],
    ['a key of other length', offer({ 'Sec-WebSocket-Key': 'c2hvcnQ=' }), 400],
    ['a key that is no base64', offer({ 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZ!==' }), 400],
    ['two keys', offer({ 'Sec-WebSocket-Key': `${KEY}\n${KEY}` }), 400],
    ['no version', offer({ 'Sec-WebSocket-Version': undefined }), 400],
    ['two versions', offer({ 'Sec-WebSocket-Version': '13\n13' }), 400],
    ['another version', offer({ 'Sec-WebSocket-Version': '8' }), 426],
    ['another method', offer({}, 'PUT /chat HTTP/1.1'), 400],
    ['a body', `${offer({ 'Content-Length': '3' })}abc`, 400],
    ['a chunked body', `${offer({ 'Transfer-Encoding': 'chunked' })}0\r\n\r\n`, 400],
    ['another protocol', offer({ Upgrade: 'echo' }), 501],
    ['two protocols', offer({ Upgrade: 'websocket, echo' }), 501],
    ['two fields of it', offer({ Upgrade: 'echo\nwebsocket' }), 501],
  ])('refuses an offer with %s, and closes', async (_, request, status) => {
    let handled = 0
    await using place = await openServer(() => {
      handled++
      return text('')
    })
    expect(await place.exchange(request)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(handled).toBe(0)
  })

  test.each([
    ['that Connection does not name', offer({ Connection: 'close' })],
    ['of HTTP/1.0', offer({ Connection: 'upgrade, close' }, 'GET /chat HTTP/1.0')],
  ])('leaves an offer aside %s', async (_, request) => {
    await using place = await openServer(({ upgrade }) => text(`offers ${upgrade}`, []))
    expect(await place.exchange(request)).toContain('offers undefined')
  })

  test('cuts a connection off that would be changed although nobody asked', async () => {
    await using place = await openServer(() => switching())
    expect(await place.exchange('GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toBe('')
    expect(place.cut).toHaveLength(1)
  })

  test('cuts off at its end what went on longer than it waits', async () => {
    await using place = await openServer(() => switching())
    const client = await place.connect()
    client.send(offer())
    await client.until('\r\n\r\n')
    await place.server.close(20)
    await client.end()
    expect(place.server.counts()).toMatchObject({ connections: 0, requests: 0 })
  })
})

/** A backend that answers an offer with this text; `KEY` in it becomes the right proof. */
async function ask(answer: (accept: string) => string, serve?: (connection: RawConnection) => unknown) {
  const heads: string[] = []
  const backend = await openRawBackend(async (connection) => {
    const head = await connection.readHead()
    heads.push(head)
    const key = /Sec-WebSocket-Key: (.*)\r\n/.exec(head)?.[1] ?? ''
    connection.write(answer(acceptOf(key)))
    await serve?.(connection)
  })
  const client = openHttp1Client()
  const fields = ['Sec-WebSocket-Protocol', 'chat', 'sec-websocket-key', KEY, 'Upgrade', 'x']
  const response = client.request(backend.origin, get({ fields, upgrade: 'websocket' }))
  return {
    response,
    client,
    heads,
    backend,
    async [Symbol.asyncDispose]() {
      client.close()
      await backend[Symbol.asyncDispose]()
    },
  }
}

const accepted = (accept: string, more = '') =>
  `HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Accept: ${accept}\r\n${more}\r\n`

describe('a client', () => {
  test('asks with a key of its own and takes over the connection, with what came behind the answer', async () => {
    await using asked = await ask(
      (accept) => `${accepted(accept, 'Sec-WebSocket-Protocol: chat\r\n')}early`,
      async (connection) => {
        await connection.readUntil('hello')
        connection.write(' and late')
        connection.socket.end()
      },
    )
    const { status, fields, tunnel } = await asked.response
    expect({ status, fields }).toEqual({ status: 101, fields: ['Sec-WebSocket-Protocol', 'chat'] })
    expect(asked.heads[0]).toMatch(
      /^GET \/things HTTP\/1.1\r\nHost: .*\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: .{24}\r\nSec-WebSocket-Protocol: chat\r\n\r\n$/,
    )
    expect(asked.heads[0]).not.toContain(KEY)
    // It is none of the pool's any more.
    expect(asked.client.counts()).toMatchObject({ open: 0, waiting: 0 })
    let received = ''
    await new Promise<void>((resolve) => {
      tunnel?.open({
        onBytes(bytes) {
          received += bytes.toString('latin1')
          if (received === 'early') tunnel.write(Buffer.from('hello'))
        },
        onRoom() {},
        onEnd: () => tunnel.end(),
        onClose: resolve,
      })
    })
    expect(received).toBe('early and late')
  })

  test.each([
    ['without proof', () => accepted('').replace(/Sec-WebSocket-Accept: \r\n/, '')],
    ['with the proof for another key', () => accepted(ACCEPT)],
    ['with two proofs', (accept: string) => accepted(accept, `Sec-WebSocket-Accept: ${accept}\r\n`)],
    ['to another protocol', (accept: string) => accepted(accept).replace('WebSocket', 'h2c')],
    ['that Connection does not name', (accept: string) => accepted(accept).replace('upgrade', 'close')],
  ])('does not take over a change %s', async (_, answer) => {
    await using asked = await ask(answer)
    await expect(asked.response).rejects.toMatchObject({ reason: 'bad-upgrade' })
    await expect.poll(() => asked.backend.open()).toBe(0)
  })

  test.each([200, 302, 403, 426, 500])(
    'gives back an answer of %i like any other, on a connection that is not used again',
    async (status) => {
      await using asked = await ask(() => `HTTP/1.1 ${status} X\r\nContent-Length: 2\r\n\r\nno`)
      const { status: seen, body, tunnel } = await asked.response
      expect({ seen, body: Buffer.from(body as Uint8Array).toString(), tunnel }).toEqual({
        seen: status,
        body: 'no',
        tunnel: undefined,
      })
      await expect.poll(() => asked.client.counts().open).toBe(0)
    },
  )

  test('takes nothing for the change but a 101 of its own: bytes of a second one are nobody’s', async () => {
    await using asked = await ask(
      (accept) => `HTTP/1.1 200 X\r\nContent-Length: 0\r\n\r\n${accepted(accept)}`,
    )
    expect((await asked.response).tunnel).toBeUndefined()
    await expect.poll(() => asked.backend.open()).toBe(0)
  })
})
