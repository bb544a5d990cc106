import { once } from 'node:events'
import { connect as connectPlain, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeAuthority } from '../fixture/make-certificate.ts'
import { openServer, text } from './fixture/open-server.ts'
import { RawClient } from './fixture/raw-client.ts'
import { readProxyHeader } from './proxy-header.ts'

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const V4_BLOCK = Buffer.from([192, 0, 2, 1, 10, 0, 0, 1, 0x30, 0x39, 0x01, 0xbb])
const V6_BLOCK = Buffer.concat([
  Buffer.from('20010db8000000000000000000000001'.repeat(2), 'hex'),
  Buffer.alloc(4),
])
const MAPPED = Buffer.concat([
  Buffer.from('00000000000000000000ffffc0000201'.repeat(2), 'hex'),
  Buffer.alloc(4),
])

function version2(command: number, family: number, block: Buffer, length = block.length): Buffer {
  const fixed = Buffer.from([command, family, length >> 8, length & 255])
  return Buffer.concat([SIGNATURE, fixed, block])
}
const line = (content: string): Buffer => Buffer.from(`${content}\r\n`, 'latin1')
const TCP4 = line('PROXY TCP4 192.0.2.1 10.0.0.1 12345 443')

const wellFormed: [string, Buffer, string | undefined][] = [
  ['TCP4', TCP4, '192.0.2.1'],
  ['TCP6', line('PROXY TCP6 2001:DB8::0:1 2001:db8::2 1 65535'), '2001:db8::1'],
  ['TCP6 of IPv4', line('PROXY TCP6 ::ffff:192.0.2.1 ::1 0 443'), '192.0.2.1'],
  ['UNKNOWN', line('PROXY UNKNOWN'), undefined],
  ['UNKNOWN with the longest that may follow', line(`PROXY UNKNOWN ${'f'.repeat(91)}`), undefined],
  ['2, IPv4', version2(0x21, 0x11, V4_BLOCK), '192.0.2.1'],
  [
    '2, IPv4 and more to say',
    version2(0x21, 0x11, Buffer.concat([V4_BLOCK, Buffer.alloc(900, 4)])),
    '192.0.2.1',
  ],
  ['2, IPv6', version2(0x21, 0x21, V6_BLOCK), '2001:db8::1'],
  ['2, IPv4 in IPv6', version2(0x21, 0x21, MAPPED), '192.0.2.1'],
  ['2, LOCAL', version2(0x20, 0x00, Buffer.alloc(0)), undefined],
  ['2, LOCAL with addresses that do not count', version2(0x20, 0x11, V4_BLOCK), undefined],
  ['2, of no family', version2(0x21, 0x00, Buffer.alloc(7)), undefined],
]

const malformed: [string, Buffer][] = [
  ['a request', Buffer.from('GET / HTTP/1.1\r\n')],
  ['a TLS handshake', Buffer.from([0x16, 0x03, 0x01])],
  ['an empty line and a request', Buffer.from('\r\nGET / HTTP/1.1')],
  ['lower case', line('proxy TCP4 192.0.2.1 10.0.0.1 1 2')],
  ['a family in lower case', line('PROXY tcp4 192.0.2.1 10.0.0.1 1 2')],
  ['no family', line('PROXY ')],
  ['UDP', line('PROXY UDP4 192.0.2.1 10.0.0.1 1 2')],
  ['IPv6 as TCP4', line('PROXY TCP4 2001:db8::1 10.0.0.1 1 2')],
  ['IPv4 as TCP6', line('PROXY TCP6 192.0.2.1 10.0.0.1 1 2')],
  ['a zone', line('PROXY TCP6 fe80::1%1 ::1 1 2')],
  ['an octal number', line('PROXY TCP4 192.0.2.010 10.0.0.1 1 2')],
  ['a name', line('PROXY TCP4 localhost 10.0.0.1 1 2')],
  ['one address', line('PROXY TCP4 192.0.2.1 1 2')],
  ['a malformed destination', line('PROXY TCP4 192.0.2.1 x 1 2')],
  ['one port', line('PROXY TCP4 192.0.2.1 10.0.0.1 1')],
  ['three ports', line('PROXY TCP4 192.0.2.1 10.0.0.1 1 2 3')],
  ['a port out of range', line('PROXY TCP4 192.0.2.1 10.0.0.1 65536 2')],
  ['a port with a leading zero', line('PROXY TCP4 192.0.2.1 10.0.0.1 01 2')],
  ['a negative port', line('PROXY TCP4 192.0.2.1 10.0.0.1 -1 2')],
  ['two spaces', line('PROXY  TCP4 192.0.2.1 10.0.0.1 1 2')],
  ['a space at the end', line('PROXY TCP4 192.0.2.1 10.0.0.1 1 2 ')],
  ['tabs', line('PROXY TCP4\t192.0.2.1\t10.0.0.1\t1\t2')],
  ['a line feed alone', Buffer.from(`PROXY TCP4 192.0.2.1 10.0.0.1 1 2\n${'x'.repeat(100)}`)],
  ['a line of 108 bytes', line(`PROXY UNKNOWN ${'f'.repeat(92)}`)],
  ['a line that does not end', Buffer.from(`PROXY UNKNOWN ${'f'.repeat(200)}`)],
  ['another signature', Buffer.from('\r\n\r\n\0\r\nQUIT\r', 'latin1')],
  ['version 1 in binary', version2(0x11, 0x11, V4_BLOCK)],
  ['version 3', version2(0x31, 0x11, V4_BLOCK)],
  ['another command', version2(0x22, 0x11, V4_BLOCK)],
  ['datagrams', version2(0x21, 0x12, V4_BLOCK)],
  ['a Unix socket', version2(0x21, 0x31, Buffer.alloc(216))],
  ['another family', version2(0x21, 0x41, V6_BLOCK)],
  ['IPv4 in too few bytes', version2(0x21, 0x11, V4_BLOCK.subarray(1))],
  ['IPv6 in the bytes of IPv4', version2(0x21, 0x21, V4_BLOCK)],
  ['more to say than anybody needs', version2(0x21, 0x11, V4_BLOCK, 4_097)],
]

describe('a header of the PROXY protocol', () => {
  test.each(wellFormed)('is read: %s', (_, bytes, source) => {
    const behind = Buffer.from('PROXY GET')
    expect(readProxyHeader(Buffer.concat([bytes, behind]))).toEqual({ bytes: bytes.length, source })
    for (let i = 0; i < bytes.length; i++) expect(readProxyHeader(bytes.subarray(0, i))).toBe('incomplete')
  })

  test.each(malformed)('is refused: %s', (_, bytes) => {
    expect(readProxyHeader(bytes)).toBe('malformed')
  })

  test('is one of three things, whatever comes, and never asks for more than it may have', () => {
    const start = fc.constantFrom(
      Buffer.alloc(0),
      SIGNATURE,
      Buffer.from('PROXY '),
      Buffer.from('PROXY TCP4 '),
    )
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 60 }), (before, after) => {
        const header = readProxyHeader(Buffer.concat([before, after]))
        if (typeof header === 'object') expect(header.bytes).toBeLessThanOrEqual(before.length + after.length)
        const flood = readProxyHeader(Buffer.concat([before, after, Buffer.alloc(4_200)]))
        expect(flood).not.toBe('incomplete')
      }),
      { numRuns: 2_000 },
    )
  })
})

const authority = makeAuthority()
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

describe.each([
  ['plain', false],
  ['over TLS', true],
])('a server of the PROXY protocol, %s', (_, isSecure) => {
  async function opened(isProxy: (address: string) => boolean, limits = {}) {
    const place = await openServer(({ remoteAddress }) => text(`from ${remoteAddress};`), {
      proxyProtocol: true,
      isProxy,
      limits,
      ...(isSecure && { tls: { certificates: [authority.issue(['one.example'])] } }),
    })
    const sockets: Socket[] = []
    const plain = async (): Promise<Socket> => {
      const socket = connectPlain(place.server.port, '127.0.0.1')
      socket.on('error', () => socket.destroy())
      sockets.push(socket)
      await once(socket, 'connect')
      return socket
    }
    return {
      ...place,
      plain,
      async ask(header: Buffer): Promise<string> {
        const socket = await plain()
        if (!isSecure) return new RawClient(socket).send(Buffer.concat([header, Buffer.from(GET)])).until(';')
        socket.write(header)
        const secure = connect({ socket, servername: 'one.example', ca: authority.certificate })
        await once(secure, 'secureConnect')
        return new RawClient(secure).send(GET).until(';')
      },
      async [Symbol.asyncDispose]() {
        for (const socket of sockets) socket.destroy()
        await place[Symbol.asyncDispose]()
      },
    }
  }
  const trusted = (address: string): boolean => address === '127.0.0.1'

  test('takes the caller from the header', async () => {
    await using place = await opened(trusted)
    expect(await place.ask(TCP4)).toContain('from 192.0.2.1;')
    expect(await place.ask(version2(0x21, 0x21, V6_BLOCK))).toContain('from 2001:db8::1;')
    expect(await place.ask(version2(0x20, 0x00, Buffer.alloc(0)))).toContain('from 127.0.0.1;')
  })

  test('waits for a header that comes byte by byte', async () => {
    await using place = await opened(trusted)
    const socket = await place.plain()
    socket.setNoDelay(true)
    for (const byte of TCP4) {
      socket.write(Buffer.from([byte]))
      await sleep(1)
    }
    if (isSecure) {
      const secure = connect({ socket, servername: 'one.example', ca: authority.certificate })
      await once(secure, 'secureConnect')
      expect(await new RawClient(secure).send(GET).until(';')).toContain('from 192.0.2.1;')
    } else {
      expect(await new RawClient(socket).send(GET).until(';')).toContain('from 192.0.2.1;')
    }
  })

  test.each([
    ['without one', trusted, Buffer.from(GET)],
    ['from somebody who is no proxy', () => false, TCP4],
    ['that ends before it', trusted, Buffer.from('PROXY')],
  ])('closes a connection %s', async (_, isProxy, bytes) => {
    await using place = await opened(isProxy)
    const socket = await place.plain()
    socket.end(bytes)
    socket.resume()
    await once(socket, 'close')
    expect(place.server.counts().refused).toEqual({ 'proxy-header': 1 })
    await expect.poll(() => place.server.counts()).toMatchObject({ connections: 0, addresses: 0 })
  })

  test('closes a connection whose header takes too long', async () => {
    await using place = await opened(trusted, { headTimeoutMillis: 100 })
    const socket = await place.plain()
    socket.write('PROXY ')
    socket.resume()
    await once(socket, 'close')
    expect(place.server.counts().refused).toEqual({ 'proxy-header': 1 })
  })

  test('limits the connections of each caller, and not those of the proxy', async () => {
    await using place = await opened(trusted, { maxConnectionsPerAddress: 1 })
    expect(await place.ask(TCP4)).toContain('from 192.0.2.1;')
    expect(await place.ask(version2(0x21, 0x21, V6_BLOCK))).toContain('from 2001:db8::1;')
    const socket = await place.plain()
    socket.write(TCP4)
    socket.resume()
    await once(socket, 'close')
    expect(place.server.counts().refused).toEqual({ 'connection-limit': 1 })
  })

  test('closes while headers are waited for, and leaves nothing', async () => {
    await using place = await opened(trusted)
    await place.plain()
    await place.ask(TCP4)
    await place.server.close(50)
    expect(place.server.counts()).toMatchObject({ connections: 0, addresses: 0 })
  })
})
