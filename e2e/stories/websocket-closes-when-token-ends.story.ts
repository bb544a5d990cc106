import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askForToken } from '../src/caller.ts'
import { portcullis } from '../src/command.ts'
import { apiDeclaration, contractText, offerText } from '../src/declaration.ts'
import { type System, startSystem } from '../src/system.ts'

const PREFIX = 'base64url.bearer.authorization.k8s.io.'

const offer = offerText('see_things')

/** Takes every WebSocket and says each short text back (RFC 6455 §4.2.2, §5.2). */
async function openEcho(): Promise<{ server: Server; offers: string[]; sockets: Set<Socket> }> {
  const offers: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((_, response) => response.writeHead(426).end())
  server.on('upgrade', (request, socket: Socket) => {
    offers.push(request.rawHeaders.join('|'))
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('end', () => socket.end())
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64')
    socket.write(
      `HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: echo\r\n\r\n`,
    )
    socket.on('data', (frame: Buffer) => {
      const [first = 0, second = 0] = frame
      const payload = Buffer.from(frame.subarray(6, 6 + (second & 127)))
      for (let i = 0; i < payload.length; i++) payload[i] = (payload[i] ?? 0) ^ (frame[2 + (i % 4)] ?? 0)
      socket.write(Buffer.concat([Buffer.from([first, payload.length]), payload]))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, offers, sockets }
}

describe('a WebSocket', () => {
  let system: System
  let echo: Awaited<ReturnType<typeof openEcho>>
  beforeAll(async () => {
    echo = await openEcho()
    system = await startSystem()
    const port = (echo.server.address() as AddressInfo).port
    const api = `${apiDeclaration('things', `http://127.0.0.1:${port}`)}      policies:
        - policy: websocket
          config: { tokenPrefix: ${PREFIX}, subprotocols: [echo] }
`
    await system.running.controlPlane?.apply(
      { 'things.yaml': api + offer, 'things.openapi.yaml': contractText() },
      { actor: 'test' },
    )
  })
  afterAll(async () => {
    await system?.[Symbol.asyncDispose]()
    echo.server.close()
    for (const socket of echo.sockets) socket.destroy()
  })

  async function token(): Promise<string> {
    const resource = `${system.running.addresses.gateway}/things/v1`
    const { status, body } = await askForToken(system, { resource, scope: 'see_things' })
    expect(status).toBe(200)
    return String(body.access_token)
  }

  /** As a page would: the one thing that it can set is the list of subprotocols. */
  async function connect(...protocols: string[]) {
    const url = `${system.running.addresses.gateway.replace('http', 'ws')}/things/v1/things`
    const socket = new WebSocket(url, protocols)
    const messages: string[] = []
    const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve))
    socket.addEventListener('message', ({ data }) => messages.push(String(data)))
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.addEventListener('open', () => resolve(true))
      socket.addEventListener('close', () => resolve(false))
    })
    return { socket, messages, closed, isOpen }
  }

  const asProtocol = (text: string) => PREFIX + Buffer.from(text).toString('base64url')

  test('does not open without a token, nor with a bad one', async () => {
    expect((await connect('echo')).isOpen).toBe(false)
    expect((await connect('echo', asProtocol('a.b.c'))).isOpen).toBe(false)
    expect((await connect(asProtocol(await token()))).isOpen).toBe(false)
    expect(echo.offers).toEqual([])
  })

  test('speaks both ways, and its token stays at the gateway', async () => {
    const { socket, messages, closed } = await connect('echo', asProtocol(await token()))
    expect(socket.protocol).toBe('echo')
    socket.send('hello')
    await expect.poll(() => messages).toEqual(['hello'])
    expect(echo.offers.join()).not.toContain(PREFIX)
    expect(echo.offers.join().toLowerCase()).not.toContain('authorization')
    socket.close(1000, 'done')
    expect(await closed).toMatchObject({ code: 1000 })
  })

  test('closes within a moment when its token is revoked, and explain says why', async () => {
    const secret = await token()
    const { socket, closed } = await connect('echo', asProtocol(secret))
    expect(socket.readyState).toBe(WebSocket.OPEN)
    const revoked = await portcullis(system.environment, 'revoke', 'hmart', 'token', secret, '--wait')
    expect(revoked.code).toBe(0)
    expect(await closed).toMatchObject({ code: 1008, reason: 'token revoked' })
    await expect.poll(() => lastEnd()).toContain('the token with which it began was revoked')
  })

  test('closes when an operator disconnects its app, and another may be opened', async () => {
    const secret = await token()
    const { closed } = await connect('echo', asProtocol(secret))
    const metrics = await fetch(`http://127.0.0.1:${system.running.operationsPort}/metrics`)
    expect(await metrics.text()).toMatch(
      /^portcullis_standing_calls\{kind="websocket",.*api="things".*\} 1$/m,
    )
    const nobody = await portcullis(system.environment, 'disconnect', 'hmart', '--client', 'nobody')
    expect(nobody.code).toBe(0)
    expect((await portcullis(system.environment, 'disconnect', 'hmart')).code).not.toBe(0)
    const wanted = ['--client', 'stock-viewer', '--api', 'things']
    expect(await portcullis(system.environment, 'disconnect', 'hmart', ...wanted)).toMatchObject({ code: 0 })
    expect(await closed).toMatchObject({ code: 1008, reason: 'disconnected by an operator' })
    const again = await connect('echo', asProtocol(secret))
    expect(again.isOpen).toBe(true)
    again.socket.close()
  })

  test('closes when its token expires', async () => {
    const { closed } = await connect('echo', asProtocol(await token()))
    system.pass(2 * 3_600_000)
    expect(await closed).toMatchObject({ code: 1008, reason: 'token expired' })
  })

  /** What is explained of the standing call that ended last, by the decision with which it began. */
  async function lastEnd(): Promise<string> {
    const listed = (await system.running.controlPlane?.decisions('hmart', { limit: 50 })) ?? []
    const ended = listed.find((each) => each.ending !== undefined)?.ending
    return ended === undefined ? '' : (await portcullis(system.environment, 'explain', ended.decision)).out
  }
})
