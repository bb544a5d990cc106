import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { openOpensslAuthority } from '@portcullis/policy-kit/fixture/openssl-authority'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { portcullis } from '../src/command.ts'
import { apiDeclaration, offerText } from '../src/declaration.ts'
import { type System, startSystem } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

const contract = `
openapi: 3.1.0
info: { title: Things, version: 1.0.0 }
paths:
  /things:
    get:
      operationId: listThings
      security: [{ partner: [] }]
      responses:
        '200': { description: All things. }
components:
  securitySchemes:
    partner: { type: mutualTLS }
`
const policies = `      policies:
        - policy: mtls
          config:
            apps: [{ app: stock-viewer, dns: '*.robots.partner.example' }]
`

type Pair = ReturnType<ReturnType<typeof openOpensslAuthority>['issuePair']>

describe('a partner with a certificate of an OpenSSL authority', () => {
  const folder = temporaryFolder()
  const site = openOpensslAuthority('/CN=Site Authority')
  const partners = openOpensslAuthority('/C=DE/O=Partner/CN=Partner Authority')
  const strangers = openOpensslAuthority('/C=DE/O=Partner/CN=Partner Authority')
  const robot = partners.issuePair({ names: 'DNS:one.robots.partner.example', usage: 'clientAuth' })
  const another = partners.issuePair({ names: 'DNS:two.robots.partner.example' })
  const clerk = partners.issuePair({ names: 'DNS:clerk.partner.example' })
  const server = partners.issuePair({ names: 'DNS:three.robots.partner.example', usage: 'serverAuth' })
  const stranger = strangers.issuePair({ names: 'DNS:one.robots.partner.example' })
  let system: System
  let backend: Server
  beforeAll(async () => {
    backend = createServer((_, response) => response.end('[]')).listen(0, '127.0.0.1')
    await once(backend, 'listening')
    mkdirSync(join(folder.path, 'own'))
    const own = site.issueServer('localhost')
    writeFileSync(join(folder.path, 'own', 'localhost.crt'), own.certificate)
    writeFileSync(join(folder.path, 'own', 'localhost.key'), own.key, { mode: 0o600 })
    writeFileSync(join(folder.path, 'partners.pem'), partners.certificate)
    writeFileSync(join(folder.path, 'revoked.pem'), partners.revoke())
    system = await startSystem({
      PORTCULLIS_GATEWAY_CERTIFICATES: join(folder.path, 'own'),
      PORTCULLIS_GATEWAY_CLIENT_CERTIFICATES: 'requested',
      PORTCULLIS_GATEWAY_CLIENT_AUTHORITIES: join(folder.path, 'partners.pem'),
      PORTCULLIS_GATEWAY_CLIENT_REVOCATIONS: join(folder.path, 'revoked.pem'),
    })
    const upstream = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`
    await system.running.controlPlane?.apply(
      {
        'things.yaml': apiDeclaration('things', upstream) + policies + offerText(''),
        'things.openapi.yaml': contract,
      },
      { actor: 'test' },
    )
    await vi.waitFor(async () => expect((await call(robot)).status).toBe(200), 30_000)
  })
  afterAll(async () => {
    await system?.[Symbol.asyncDispose]()
    backend?.close()
    for (const each of [site, partners, strangers]) each[Symbol.dispose]()
    folder[Symbol.dispose]()
  })

  /** On a connection of its own. */
  async function call(pair?: Pair): Promise<{ status: number; code: unknown; decision: string }> {
    const url = `${system.running.addresses.gateway}/things/v1/things`
    const sent = request(url, {
      agent: false,
      ca: site.certificate,
      ...(pair && { cert: pair.certificate, key: pair.key }),
    }).end()
    const [answer] = await once(sent, 'response')
    let text = ''
    for await (const piece of answer) text += piece
    const code = answer.statusCode === 200 ? undefined : JSON.parse(text).code
    return { status: answer.statusCode, code, decision: answer.headers['portcullis-decision'] }
  }

  test('is the app that a rule names, by the name in the certificate', async () => {
    expect((await call(robot)).status).toBe(200)
    const { decision } = await call(another)
    await expect
      .poll(async () => (await portcullis(system.environment, 'explain', decision)).out)
      .toContain('stock-viewer')
  })

  test.each<[string, Pair | undefined, string]>([
    ['with another name', clerk, 'mtls.unknown'],
    ['for servers', server, 'mtls.wrong-purpose'],
    ['of an authority that only has the name of the trusted one', stranger, 'mtls.untrusted'],
    ['left at home', undefined, 'scope.no-credentials'],
  ])('is refused with a certificate %s', async (_, pair, code) => {
    expect(await call(pair)).toMatchObject({ status: 401, code })
  })

  test('is refused once the authority has revoked the certificate, and others are not', async () => {
    const list = partners.revoke(new X509Certificate(robot.certificate).raw)
    writeFileSync(join(folder.path, '.next.pem'), list)
    renameSync(join(folder.path, '.next.pem'), join(folder.path, 'revoked.pem'))
    await expect.poll(async () => (await call(robot)).status).toBe(401)
    expect((await call(another)).status).toBe(200)
  })
})
