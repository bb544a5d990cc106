import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectPlain } from 'node:net'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { makeAuthority } from '../fixture/make-certificate.ts'
import type { Response, ServerRequest } from '../message.ts'
import { openServer, text } from './fixture/open-server.ts'
import { RawClient } from './fixture/raw-client.ts'
import type { ServerTls } from './tls.ts'

const authority = makeAuthority()
const other = makeAuthority('Another Authority')
const one = authority.issue(['one.example'])
const two = authority.issue(['two.example', '*.two.example'])
const client = authority.issue(['client'])
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

/** Says what is known of the connection. */
function tell({ tls }: ServerRequest): Response {
  return text(JSON.stringify({ ...tls, clientCertificate: tls?.clientCertificate?.verified }))
}

async function opened(more: Partial<ServerTls> = {}, limits = {}) {
  const place = await openServer(tell, { tls: { certificates: [one, two], ...more }, limits })
  const sockets: TLSSocket[] = []
  async function open(servername: string, options: ConnectionOptions = {}): Promise<TLSSocket> {
    const { port } = place.server
    const secure = connect({ port, host: '127.0.0.1', servername, ca: authority.certificate, ...options })
    sockets.push(secure)
    await once(secure, 'secureConnect')
    return secure
  }
  return {
    ...place,
    open,
    async facts(servername: string, options: ConnectionOptions = {}): Promise<Record<string, unknown>> {
      const raw = new RawClient(await open(servername, options)).send(GET)
      return JSON.parse((await raw.until('}')).split('\r\n\r\n')[1] ?? '')
    },
    async [Symbol.asyncDispose]() {
      for (const each of sockets) each.destroy()
      await place[Symbol.asyncDispose]()
    },
  }
}

const nameShown = (secure: TLSSocket): unknown => secure.getPeerCertificate().subjectaltname

describe('a server over TLS', () => {
  test('answers, and tells what is known of the connection', async () => {
    await using place = await opened()
    expect(await place.facts('one.example')).toEqual({
      version: 'TLSv1.3',
      cipher: expect.stringMatching(/^TLS_/),
      serverName: 'one.example',
    })
    expect(await place.facts('one.example', { maxVersion: 'TLSv1.2' })).toMatchObject({ version: 'TLSv1.2' })
  })

  test.each([
    ['one.example', 'DNS:one.example'],
    ['TWO.example', 'DNS:two.example, DNS:*.two.example'],
    ['deep.two.example', 'DNS:two.example, DNS:*.two.example'],
    ['very.deep.two.example', 'DNS:one.example'],
    ['unknown.example', 'DNS:one.example'],
  ])('shows the certificate for %s', async (servername, shown) => {
    await using place = await opened()
    const secure = await place.open(servername, { checkServerIdentity: () => undefined })
    expect(nameShown(secure)).toBe(shown)
  })

  test('speaks no version below its least', async () => {
    await using place = await opened()
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    await expect(place.open('one.example', old)).rejects.toThrow()
    await using strict = await opened({ minVersion: 'TLSv1.3' })
    await expect(strict.open('one.example', { maxVersion: 'TLSv1.2' })).rejects.toThrow()
    expect(strict.server.counts().refused['tls-handshake']).toBe(1)
  })

  test('agrees on HTTP/1.1 and on nothing else (RFC 7301)', async () => {
    await using place = await opened()
    const secure = await place.open('one.example', { ALPNProtocols: ['h2', 'http/1.1'] })
    expect(secure.alpnProtocol).toBe('http/1.1')
    await expect(place.open('one.example', { ALPNProtocols: ['h2'] })).rejects.toThrow()
  })

  test('changes its certificates under open connections, which go on', async () => {
    await using place = await opened()
    const before = await place.open('one.example')
    const raw = new RawClient(before).send(GET)
    await raw.until('}')
    const three = authority.issue(['three.example'])
    const one2 = authority.issue(['one.example'])
    place.server.replaceCertificates({ certificates: [three, one2] })
    expect(nameShown(await place.open('three.example'))).toBe('DNS:three.example')
    const again = await place.open('one.example')
    expect(again.getPeerCertificate().serialNumber).not.toBe(before.getPeerCertificate().serialNumber)
    raw.received = ''
    await raw.send(GET).until('}')
  })

  test('keeps its certificates when others cannot be used', async () => {
    await using place = await opened()
    const mixed = { certificate: one.certificate, key: two.key }
    expect(() => place.server.replaceCertificates({ certificates: [mixed] })).toThrow()
    expect(() =>
      place.server.replaceCertificates({ certificates: [two, { certificate: '', key: '' }] }),
    ).toThrow()
    expect(nameShown(await place.open('one.example'))).toBe('DNS:one.example')
    await using plain = await openServer(() => text(''))
    expect(() => plain.server.replaceCertificates({ certificates: [one] })).toThrow('does not speak TLS')
  })

  test('asks for certificates of clients, and tells whether they were verified', async () => {
    await using place = await opened({
      clientCertificates: 'requested',
      clientAuthorities: [authority.certificate],
    })
    const forged = other.issue(['client'])
    const given = { cert: client.certificate, key: client.key }
    expect(await place.facts('one.example', given)).toMatchObject({ clientCertificate: true })
    expect(await place.facts('two.example', given)).toMatchObject({ clientCertificate: true })
    const strange = { cert: forged.certificate, key: forged.key }
    expect(await place.facts('one.example', strange)).toMatchObject({ clientCertificate: false })
    expect(await place.facts('one.example')).not.toHaveProperty('clientCertificate')
  })

  test('verifies nobody when it was told no authorities', async () => {
    await using place = await opened({ clientCertificates: 'requested' })
    const given = { cert: client.certificate, key: client.key }
    expect(await place.facts('one.example', given)).toMatchObject({ clientCertificate: false })
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'trusts no resumed session after its authority was replaced, with %s',
    async (maxVersion) => {
      const asking = { clientCertificates: 'requested', clientAuthorities: [authority.certificate] } as const
      await using place = await opened(asking)
      const given = { cert: client.certificate, key: client.key, maxVersion }
      const first = await place.open('one.example', given)
      const sessions: Buffer[] = []
      first.on('session', (session: Buffer) => sessions.push(session))
      await new RawClient(first).send(GET).until('}')
      const session = sessions.at(-1) ?? first.getSession()
      expect(session).toBeDefined()
      const resumed = { ...given, session: session as Buffer }
      expect((await place.open('one.example', resumed)).isSessionReused()).toBe(true)
      expect(await place.facts('one.example', resumed)).toMatchObject({ clientCertificate: true })
      place.server.replaceCertificates({
        certificates: [one, two],
        ...asking,
        clientAuthorities: [other.certificate],
      })
      expect(await place.facts('one.example', resumed)).toMatchObject({ clientCertificate: false })
    },
  )

  test('takes no certificate that its authority has revoked, by whatever name it is asked for', async () => {
    const revoked = authority.issue(['revoked'])
    await using place = await opened({
      clientCertificates: 'requested',
      clientAuthorities: [authority.certificate, other.certificate],
      clientRevocations: [other.revoke([]), authority.revoke([revoked])],
    })
    for (const name of ['one.example', 'two.example', 'unknown.example']) {
      const options = { checkServerIdentity: () => undefined }
      const given = { ...options, cert: client.certificate, key: client.key }
      expect(await place.facts(name, given)).toMatchObject({ clientCertificate: true })
      const bad = { ...options, cert: revoked.certificate, key: revoked.key }
      expect(await place.facts(name, bad)).toMatchObject({ clientCertificate: false })
    }
  })

  test('verifies nobody by a list of revocations that is out of date', async () => {
    await using place = await opened({
      clientCertificates: 'requested',
      clientAuthorities: [authority.certificate],
      clientRevocations: [authority.revoke([], true)],
    })
    const given = { cert: client.certificate, key: client.key }
    expect(await place.facts('one.example', given)).toMatchObject({ clientCertificate: false })
  })

  test('agrees on the groups that it is told, a hybrid with ML-KEM among them', async () => {
    await using place = await opened({ groups: 'X25519MLKEM768' })
    await place.open('one.example', { ecdhCurve: 'X25519MLKEM768' })
    await expect(place.open('one.example', { ecdhCurve: 'X25519' })).rejects.toThrow()
  })

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'goes on with sessions of another server that has the same keys of tickets, and of no other, with %s',
    async (maxVersion) => {
      const asking = { clientCertificates: 'requested', clientAuthorities: [authority.certificate] } as const
      const ticketKeys = randomBytes(48)
      await using first = await opened({ ...asking, ticketKeys })
      await using second = await opened({ ...asking, ticketKeys: new Uint8Array(ticketKeys) })
      await using stranger = await opened({ ...asking, ticketKeys: randomBytes(48) })
      for (const name of ['one.example', 'two.example']) {
        const given = { cert: client.certificate, key: client.key, maxVersion }
        const secure = await first.open(name, given)
        const sessions: Buffer[] = []
        secure.on('session', (each: Buffer) => sessions.push(each))
        await new RawClient(secure).send(GET).until('}')
        const session = (sessions.at(-1) ?? secure.getSession()) as Buffer
        expect((await second.open(name, { ...given, session })).isSessionReused()).toBe(true)
        expect((await stranger.open(name, { ...given, session })).isSessionReused()).toBe(false)
        expect(await second.facts(name, { ...given, session })).toMatchObject({ clientCertificate: true })
      }
    },
  )

  test('takes nobody without a verified certificate where one is required', async () => {
    await using place = await opened({
      clientCertificates: 'required',
      clientAuthorities: [authority.certificate],
    })
    expect(await place.facts('one.example', { cert: client.certificate, key: client.key })).toMatchObject({
      clientCertificate: true,
    })
    const forged = other.issue(['client'])
    for (const given of [{}, { cert: forged.certificate, key: forged.key }]) {
      // With TLS 1.3 the client is through with the handshake before it learns that it was refused.
      await expect(place.facts('one.example', given)).rejects.toThrow()
    }
    await expect.poll(() => place.server.counts()).toMatchObject({ handled: 1 })
  })

  test('gives up a handshake that takes too long, and leaves nothing of it', async () => {
    await using place = await opened({}, { headTimeoutMillis: 100 })
    const socket = connectPlain(place.server.port, '127.0.0.1')
    socket.on('error', () => socket.destroy())
    await once(socket, 'close')
    await expect.poll(() => place.server.counts()).toMatchObject({ connections: 0, addresses: 0 })
    expect(place.server.counts().refused).toEqual({ 'tls-handshake': 1 })
  })

  test('counts connections of an address from before the handshake until their end', async () => {
    await using place = await opened({}, { maxConnectionsPerAddress: 1 })
    const first = await place.open('one.example')
    await expect.poll(() => place.server.counts()).toMatchObject({ connections: 1, addresses: 1 })
    await expect(place.open('one.example')).rejects.toThrow()
    first.destroy()
    await expect.poll(() => place.server.counts()).toMatchObject({ connections: 0, addresses: 0 })
    await place.open('one.example')
  })

  test('closes with handshakes under way', async () => {
    await using place = await opened()
    const socket = connectPlain(place.server.port, '127.0.0.1')
    socket.on('error', () => socket.destroy())
    await once(socket, 'connect')
    await place.open('one.example')
    await place.server.close(50)
    expect(place.server.counts()).toMatchObject({ connections: 0, addresses: 0 })
    socket.destroy()
  })
})

test('bodies that come over several connections at once keep every byte, and so does what goes back', async () => {
  const echo = async ({ body }: ServerRequest): Promise<Response> => {
    const pieces: Uint8Array[] = []
    for await (const piece of body as AsyncIterable<Uint8Array>) pieces.push(piece)
    return { status: 200, fields: [], body: Buffer.concat(pieces) }
  }
  await using place = await openServer(echo, { tls: { certificates: [one] } })
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      const sent = randomBytes(400_000)
      const { port } = place.server
      const secure = connect({
        port,
        host: '127.0.0.1',
        servername: 'one.example',
        ca: authority.certificate,
      })
      secure.write(
        `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${sent.length}\r\n\r\n`,
      )
      secure.write(sent)
      const pieces: Buffer[] = []
      for await (const piece of secure) pieces.push(piece)
      const answer = Buffer.concat(pieces)
      expect(answer.subarray(answer.indexOf('\r\n\r\n') + 4).equals(sent)).toBe(true)
    }),
  )
})
