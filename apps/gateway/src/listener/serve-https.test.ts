import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { certificateFaults } from '@portcullis/certificate/fault'
import {
  certificateFolder,
  type TestCertificateFolder,
} from '@portcullis/certificate/fixture/certificate-folder'
import type { CertificateFolder } from '@portcullis/certificate/read-certificates'
import { makeAuthority } from '@portcullis/http1/fixture/make-certificate'
import { collectingLog } from '@portcullis/ports/log/memory'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { gatewayFaults } from '../fault.ts'
import { type Gateway, type GatewayOptions, gatewayLimits, startGateway } from '../start-gateway.ts'
import { type Backend, openBackend, readAll, valuesOf } from '../test-kit/backend.ts'
import { openTestControlPlane, type TestControlPlane } from '../test-kit/control-plane.ts'
import { shopRevision, testPorts } from '../test-kit/front.ts'
import { attach, testCatalog } from '../test-kit/policy.ts'
import { exchangeRaw } from '../test-kit/raw.ts'
import type { ThreadData } from '../test-kit/thread.ts'

const authority = makeAuthority()
const POLL_MILLIS = 20

describe.each([
  ['in one thread', undefined],
  ['in two threads', 2],
])('a gateway with certificates, %s', (_, count) => {
  let home: string
  let folder: TestCertificateFolder
  let backend: Backend
  let control: TestControlPlane
  let log: ReturnType<typeof collectingLog>
  let gateway: Gateway | undefined
  let sockets: TLSSocket[]
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'portcullis-https-'))
    folder = certificateFolder()
    folder.put('one', authority.issue(['one.example']))
    folder.put('two', authority.issue(['*.two.example']))
    backend = await openBackend()
    control = await openTestControlPlane()
    await control.publish(shopRevision(backend.url))
    log = collectingLog()
    sockets = []
  })
  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    await gateway?.close()
    gateway = undefined
    await control.stop()
    await backend.close()
    folder[Symbol.dispose]()
    await rm(home, { recursive: true })
  })

  async function start(
    minVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.2',
    more: Partial<CertificateFolder> = {},
    options: Partial<Pick<GatewayOptions, 'plain' | 'strictTransportSecurity'>> = {},
  ): Promise<Gateway> {
    const data: ThreadData = { bound: new Int32Array(new SharedArrayBuffer(4)) }
    const module = new URL('../test-kit/thread.ts', import.meta.url).href
    gateway = await startGateway({
      listen: {
        host: '127.0.0.1',
        port: 0,
        ...(!more.client && {
          trustedProxies: { ranges: ['127.0.0.1'], fields: ['x-forwarded-for', 'x-forwarded-proto'] },
        }),
      },
      certificates: { path: folder.path, minVersion, ...more },
      home,
      controlPlane: control.address,
      revisionKey: control.revisionKey,
      ports: testPorts,
      ...(count === undefined ? { catalog: testCatalog } : { threads: { count, module, data } }),
      decisions: { take: async () => undefined },
      log,
      ...options,
      limits: { ...gatewayLimits, certificatePollMillis: POLL_MILLIS, drainMillis: 500 },
    })
    await gateway.ready()
    return gateway
  }

  async function open(options: ConnectionOptions): Promise<TLSSocket> {
    const port = gateway?.port ?? 0
    const socket = connect({ port, host: '127.0.0.1', ca: authority.certificate, ...options })
    socket.on('error', () => socket.destroy())
    sockets.push(socket)
    await once(socket, 'secureConnect')
    return socket
  }

  const serialOf = (socket: TLSSocket) => socket.getPeerX509Certificate()?.serialNumber
  const shown = async (servername: string) =>
    (await open({ servername, checkServerIdentity: () => undefined })).getPeerCertificate().subjectaltname

  async function call(agent: Agent, fields: Record<string, string> = {}): Promise<number> {
    const options = { agent, ca: authority.certificate, servername: 'one.example' }
    const sent = request(`${gateway?.url}/shop/v1/things`, {
      ...options,
      headers: { host: 'one.example', ...fields },
    })
    sent.end()
    const [answer] = await once(sent, 'response')
    await readAll(answer)
    return answer.statusCode
  }

  test('answers over TLS, and tells backends that callers came so', async () => {
    expect((await start()).url).toMatch(/^https:/)
    const agent = new Agent({ keepAlive: false })
    expect(await call(agent)).toBe(200)
    const raw = backend.seen[0]?.rawHeaders ?? []
    expect(valuesOf(raw, 'x-forwarded-proto')).toEqual(['https'])
    expect(valuesOf(raw, 'forwarded')).toEqual(['for=127.0.0.1;host=one.example;proto=https'])
  })

  test('believes trusted proxies over TLS too, also that callers came to them without', async () => {
    await start()
    const agent = new Agent({ keepAlive: false })
    await call(agent, { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'http' })
    const raw = backend.seen[0]?.rawHeaders ?? []
    expect(valuesOf(raw, 'forwarded')).toEqual(['for=192.0.2.1;host=one.example;proto=http'])
  })

  test('shows each client the certificate for the name that it asks for', async () => {
    await start()
    expect(await shown('one.example')).toBe('DNS:one.example')
    expect(await shown('a.two.example')).toBe('DNS:*.two.example')
    expect(await shown('unknown.example')).toBe('DNS:one.example')
  })

  test('speaks no older version than it is told', async () => {
    await start('TLSv1.3')
    await open({ servername: 'one.example', maxVersion: 'TLSv1.3' })
    await expect(open({ servername: 'one.example', maxVersion: 'TLSv1.2' })).rejects.toThrow()
  })

  test('takes up other certificates in every thread while calls go on, and loses none', async () => {
    await start()
    const before = serialOf(await open({ servername: 'one.example' }))
    const agents = Array.from({ length: 8 }, () => new Agent({ keepAlive: true, maxSockets: 1 }))
    const statuses: number[] = []
    const ports = new Set<number | undefined>()
    let isOver = false
    const callers = agents.map(async (agent) => {
      agent.on('free', (socket) => ports.add(socket.localPort))
      while (!isOver) statuses.push(await call(agent))
    })
    folder.put('one', authority.issue(['one.example']))
    folder.put('three', authority.issue(['three.example']))
    await expect.poll(() => log.lines.map((line) => line.message)).toContain('other certificates are shown')
    const after = new Set<string | undefined>()
    for (let i = 0; i < 12; i++) after.add(serialOf(await open({ servername: 'one.example' })))
    expect(after.size).toBe(1)
    expect(after).not.toContain(before)
    expect(await shown('three.example')).toBe('DNS:three.example')
    const known = statuses.length
    await expect.poll(() => statuses.length).toBeGreaterThan(known + 50)
    isOver = true
    await Promise.all(callers)
    for (const agent of agents) agent.destroy()
    expect(new Set(statuses)).toEqual(new Set([200]))
    // Each caller kept the connection that it had from before.
    expect(ports.size).toBe(agents.length)
  })

  test('goes on with a session in whichever thread takes the next connection', async () => {
    await start()
    const sessions: Buffer[] = []
    const first = await open({ servername: 'one.example' })
    first.on('session', (session: Buffer) => sessions.push(session))
    first.write('GET / HTTP/1.1\r\nHost: one.example\r\n\r\n')
    await expect.poll(() => sessions.length).toBeGreaterThan(0)
    const session = sessions[0] as Buffer
    const reused: boolean[] = []
    for (let i = 0; i < 16; i++) {
      reused.push((await open({ servername: 'one.example', session })).isSessionReused())
    }
    expect(reused).toEqual(Array(16).fill(true))
  })

  test('agrees on a key exchange that a quantum computer does not break, where the client can', async () => {
    await start()
    await open({ servername: 'one.example', ecdhCurve: 'X25519MLKEM768' })
    await open({ servername: 'one.example', ecdhCurve: 'X25519' })
  })

  test('sends callers who come without TLS on to https, and refuses those who sent credentials', async () => {
    const { plainPort, port } = await start('TLSv1.2', {}, { plain: { port: 0, answer: 'redirect' } })
    const ask = (...lines: string[]) =>
      exchangeRaw(
        plainPort ?? 0,
        ['POST /shop/v1/things?a=b HTTP/1.1', ...lines, 'Connection: close', '', ''].join('\r\n'),
      )
    const sent = await ask('Host: ONE.example:8080')
    expect(sent).toMatch(/^HTTP\/1.1 308 /)
    expect(sent).toContain(`\r\nLocation: https://one.example:${port}/shop/v1/things?a=b\r\n`)
    expect(await ask('Host: one.example')).toContain(
      '\r\nLocation: https://one.example/shop/v1/things?a=b\r\n',
    )
    const refused = await ask('Host: one.example', 'Authorization: Bearer abc')
    expect(refused).toMatch(/^HTTP\/1.1 403 /)
    expect(refused).toContain(gatewayFaults['tls-required'].code)
    expect(refused).not.toContain('Location')
    expect(backend.seen).toHaveLength(0)
  })

  test('refuses everybody who comes without TLS where it is told so', async () => {
    const { plainPort } = await start('TLSv1.2', {}, { plain: { port: 0, answer: 'refuse' } })
    const answer = await exchangeRaw(plainPort ?? 0, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect(answer).toContain(gatewayFaults['tls-required'].code)
  })

  test('demands TLS of browsers for the time to come, where it is told so', async () => {
    const value = 'max-age=300; includeSubDomains'
    await start('TLSv1.2', {}, { strictTransportSecurity: value })
    const url = `${gateway?.url}/shop/v1`
    for (const path of ['/things', '/nowhere']) {
      const options = {
        agent: new Agent({ keepAlive: false }),
        ca: authority.certificate,
        servername: 'one.example',
      }
      const sent = request(`${url}${path}`, { ...options, headers: { host: 'one.example' } }).end()
      const [answer] = await once(sent, 'response')
      await readAll(answer)
      expect(answer.headers['strict-transport-security']).toBe(value)
    }
  })

  test('tells policies of certificates that clients show, and takes up what their authority revokes', async () => {
    await control.publish(shopRevision(backend.url, { number: 2, policies: [attach('certificate')] }))
    const mine = authority.issue(['mine.example'])
    const strange = makeAuthority().issue(['strange.example'])
    folder.write('clients.pem', authority.certificate)
    folder.write('revoked.pem', authority.revoke([]))
    const file = (name: string): string => join(folder.path, name)
    await start('TLSv1.2', {
      client: { mode: 'requested', authorities: file('clients.pem'), revocations: file('revoked.pem') },
    })
    const shownBy = async (pair?: { certificate: string; key: string }): Promise<string> => {
      const sent = request(`${gateway?.url}/shop/v1/things`, {
        agent: new Agent({ keepAlive: false }),
        ca: authority.certificate,
        servername: 'one.example',
        headers: { host: 'one.example' },
        ...(pair && { cert: pair.certificate, key: pair.key }),
      })
      sent.end()
      const [answer] = await once(sent, 'response')
      return (await readAll(answer)).toString()
    }
    expect(await shownBy(mine)).toBe('CN=mine.example true')
    expect(await shownBy(strange)).toBe('CN=strange.example false')
    expect(await shownBy()).toBe('none')
    folder.write('revoked.pem', authority.revoke([mine]))
    await expect.poll(() => shownBy(mine)).toBe('CN=mine.example false')
  })

  test('goes on with the old certificates when the new ones cannot be used, says so once, and takes the next good ones', async () => {
    await start()
    const refusals = () =>
      log.lines.filter((line) => line.message.startsWith('the new certificates cannot be used'))
    const good = authority.issue(['one.example'])
    folder.put('one', { ...good, key: authority.issue(['other']).key })
    await expect
      .poll(refusals)
      .toMatchObject([{ level: 'error', fields: { cause: { code: certificateFaults.mismatched.code } } }])
    await sleep(POLL_MILLIS * 4)
    expect(refusals()).toHaveLength(1)
    expect(await shown('a.two.example')).toBe('DNS:*.two.example')
    const before = serialOf(await open({ servername: 'one.example' }))
    folder.write('one.key', good.key)
    await expect.poll(async () => serialOf(await open({ servername: 'one.example' }))).not.toBe(before)
  })

  test('does not start with certificates that cannot be used', async () => {
    folder.put('one', authority.issue(['one.example']), 0o644)
    await expect(start()).rejects.toThrow(expect.objectContaining({ code: certificateFaults.exposed.code }))
  })

  test('warns of a certificate that soon expires', async () => {
    await start()
    expect(log.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: 'a certificate expires soon' }),
    )
  })
})
