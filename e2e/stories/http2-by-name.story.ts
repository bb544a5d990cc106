import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, writeFileSync } from 'node:fs'
import { connect } from 'node:http2'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { makeAuthority } from '@portcullis/http1/fixture/make-certificate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserIsMissing, openBrowser } from '../src/browser.ts'
import { askForToken, asProtocol, stockViewerToken, TOKEN_PREFIX } from '../src/caller.ts'
import { apiDeclaration, contractText, offerText } from '../src/declaration.ts'
import { type Echo, openEcho } from '../src/echo.ts'
import { type System, startSystem } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

const authority = makeAuthority()
const run = promisify(execFile)
/** Many builds of curl speak HTTP/2; where it does not, Node's own client is as good a stranger. */
const hasCurl = /HTTP2/.test(spawnSync('curl', ['--version'], { encoding: 'utf8' }).stdout ?? '')

interface Answer {
  readonly version: string
  readonly status: number
  readonly text: string
}

describe('a caller that speaks HTTP/2 over TLS', () => {
  const folder = temporaryFolder()
  let system: System
  let token: string
  let echo: Echo
  beforeAll(async () => {
    for (const name of ['localhost', 'api.example']) {
      const { certificate, key } = authority.issue([name])
      writeFileSync(join(folder.path, `${name}.crt`), certificate)
      writeFileSync(join(folder.path, `${name}.key`), key)
      chmodSync(join(folder.path, `${name}.key`), 0o600)
    }
    writeFileSync(join(folder.path, 'authority.pem'), authority.certificate)
    system = await startSystem({ PORTCULLIS_GATEWAY_CERTIFICATES: folder.path })
    token = await stockViewerToken(system)
    echo = await openEcho()
  })
  afterAll(async () => {
    await system?.[Symbol.asyncDispose]()
    echo?.close()
    folder[Symbol.dispose]()
  })

  const port = (): number => Number(new URL(system.running.addresses.gateway).port)

  async function call(name: string, fields: Record<string, string>): Promise<Answer> {
    return hasCurl ? callByCurl(name, fields) : callByNode(name, fields)
  }

  async function callByCurl(name: string, fields: Record<string, string>): Promise<Answer> {
    const { stdout } = await run('curl', [
      '--silent',
      '--http2',
      ...['--noproxy', '*', '--max-time', '10'],
      ...['--cacert', join(folder.path, 'authority.pem')],
      ...['--resolve', `${name}:${port()}:127.0.0.1`],
      ...['--write-out', '\n%{http_version} %{http_code}'],
      ...Object.entries(fields).flatMap(([field, value]) => ['--header', `${field}: ${value}`]),
      `https://${name}:${port()}/warehouse/v1/items`,
    ])
    const [, text = '', version = '', status] = /^([\s\S]*)\n(\S+) (\d+)$/.exec(stdout) ?? []
    return { version, status: Number(status), text }
  }

  async function callByNode(name: string, fields: Record<string, string>): Promise<Answer> {
    const session = connect(`https://${name}:${port()}`, {
      ca: authority.certificate,
      servername: name,
      lookup: (_, __, done) => done(null, '127.0.0.1', 4),
    })
    try {
      const stream = session.request({ ':path': '/warehouse/v1/items', ...fields })
      const [answer] = await once(stream, 'response')
      let text = ''
      for await (const piece of stream) text += piece
      return { version: session.alpnProtocol === 'h2' ? '2' : '1.1', status: answer[':status'], text }
    } finally {
      session.close()
    }
  }

  test('gets what its token allows, under every name that has a certificate', async () => {
    for (const name of ['localhost', 'api.example']) {
      const answer = await call(name, { authorization: `Bearer ${token}` })
      expect(answer).toMatchObject({ version: '2', status: 200 })
      expect(JSON.parse(answer.text)).toBeInstanceOf(Object)
    }
  })

  test('is refused without a token, with the same problem as over HTTP/1.1', async () => {
    const answer = await call('localhost', {})
    expect(answer).toMatchObject({ version: '2', status: 401 })
    expect(JSON.parse(answer.text)).toMatchObject({ status: 401 })
    const metrics = await fetch(`http://127.0.0.1:${system.running.operationsPort}/metrics`)
    expect(await metrics.text()).toMatch(/^portcullis_http2_connections \d+$/m)
  })

  test.skipIf(browserIsMissing)(
    'opens a WebSocket in a browser over the HTTP/2 that it has already',
    async () => {
      const { gateway } = system.running.addresses
      const api = `${apiDeclaration('things', echo.url)}      policies:
        - policy: websocket
          config: { tokenPrefix: ${TOKEN_PREFIX}, subprotocols: [echo], origins: ['${gateway}'] }
`
      await system.running.controlPlane?.apply(
        { 'things.yaml': api + offerText('see_things'), 'things.openapi.yaml': contractText() },
        { actor: 'test' },
      )
      const { body } = await askForToken(system, { resource: `${gateway}/things/v1`, scope: 'see_things' })
      const protocols = ['echo', asProtocol(String(body.access_token))]
      await using browser = await openBrowser()
      const page = await browser.newPage({ ignoreHTTPSErrors: true })
      const loaded = await page.goto(`${gateway}/warehouse/v1/items`)
      expect(loaded?.status()).toBe(401)

      const echoed = (): Promise<string> =>
        page.evaluate(
          ([url, offered]) =>
            new Promise<string>((resolve) => {
              const socket = new WebSocket(url, offered)
              socket.onclose = () => resolve('closed')
              socket.onmessage = ({ data }) => resolve(`${data} by ${socket.protocol}`)
              socket.onopen = () => socket.send('hello')
            }),
          [`${gateway.replace('https', 'wss')}/things/v1/things`, protocols] as const,
        )
      await expect.poll(echoed, { timeout: 10_000 }).toBe('hello by echo')
      // It is open, and there is no connection that does not speak HTTP/2.
      await expect.poll(countOpen, { timeout: 10_000 }).toEqual({ webSockets: 1, withoutHttp2: 0 })
      expect(echo.offers.join()).not.toContain(TOKEN_PREFIX)
    },
  )

  async function countOpen(): Promise<{ webSockets: number; withoutHttp2: number }> {
    const metrics = await (await fetch(`http://127.0.0.1:${system.running.operationsPort}/metrics`)).text()
    const sumOf = (family: string): number =>
      [...metrics.matchAll(new RegExp(`^${family}(?:\\{.*\\})? (\\d+)$`, 'gm'))].reduce(
        (sum, [, value]) => sum + Number(value),
        0,
      )
    return {
      webSockets: sumOf('portcullis_standing_calls'),
      withoutHttp2: sumOf('portcullis_connections') - sumOf('portcullis_http2_connections'),
    }
  }
})
