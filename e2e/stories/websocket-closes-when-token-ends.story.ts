import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { askForToken, asProtocol, TOKEN_PREFIX } from '../src/caller.ts'
import { portcullis } from '../src/command.ts'
import { apiDeclaration, contractText, offerText } from '../src/declaration.ts'
import { type Echo, openEcho } from '../src/echo.ts'
import { type System, startSystem } from '../src/system.ts'

const offer = offerText('see_things')

describe('a WebSocket', () => {
  let system: System
  let echo: Echo
  beforeAll(async () => {
    echo = await openEcho()
    system = await startSystem()
    const api = `${apiDeclaration('things', echo.url)}      policies:
        - policy: websocket
          config: { tokenPrefix: ${TOKEN_PREFIX}, subprotocols: [echo] }
`
    await system.running.controlPlane?.apply(
      { 'things.yaml': api + offer, 'things.openapi.yaml': contractText() },
      { actor: 'test' },
    )
    const isInForce = async () =>
      expect((await fetch(`${system.running.addresses.gateway}/things/v1/things`)).status).not.toBe(404)
    await vi.waitFor(isInForce, { timeout: 10_000 })
  })
  afterAll(async () => {
    await system?.[Symbol.asyncDispose]()
    echo.close()
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
    expect(echo.offers.join()).not.toContain(TOKEN_PREFIX)
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
