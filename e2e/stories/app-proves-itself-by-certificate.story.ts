import { once } from 'node:events'
import { request } from 'node:https'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { certificateFolder } from '@portcullis/certificate/fixture/certificate-folder'
import { freePorts } from '@portcullis/kernel/fixture/free-port'
import { openOpensslAuthority } from '@portcullis/policy-kit/fixture/openssl-authority'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type System, startSystem } from '../src/system.ts'

const ROBOT = `
kind: App
organization: hmart
name: stock-robot
spec:
  title: Stock robot
  grants: [client_credentials]
  authentication: tls_client_auth
  certificate: { subject: 'CN=robot,O=Partner\\, Inc.,C=DE' }
  certificateBoundTokens: true
---
kind: Subscription
organization: hmart
name: stock-robot
spec: { app: stock-robot, product: stock, plan: staff, scopes: [list_items] }
`

describe('an app of a partner with a certificate', () => {
  const shown = certificateFolder()
  const servers = openOpensslAuthority('/CN=Servers')
  const partners = openOpensslAuthority('/C=DE/O=Partner/CN=Partner Authority')
  const robot = partners.issuePair({ usage: 'clientAuth' })
  const other = partners.issuePair({ subject: '/C=DE/O=Partner, Inc./CN=other', usage: 'clientAuth' })
  const before = getCACertificates('default')
  let system: System
  let token: string

  beforeAll(async () => {
    shown.put('local', servers.issueServer('localhost'))
    shown.write('partners.pem', partners.certificate)
    const authorities = join(shown.path, 'partners.pem')
    const [mutualTls] = await freePorts(1)
    // As NODE_EXTRA_CA_CERTS would: the gateway fetches keys from the authorization server.
    setDefaultCACertificates([...before, servers.certificate])
    system = await startSystem({
      PORTCULLIS_GATEWAY_CERTIFICATES: shown.path,
      PORTCULLIS_GATEWAY_CLIENT_CERTIFICATES: 'requested',
      PORTCULLIS_GATEWAY_CLIENT_AUTHORITIES: authorities,
      PORTCULLIS_AUTHSERVER_CERTIFICATES: shown.path,
      PORTCULLIS_AUTHSERVER_MUTUAL_TLS_PORT: String(mutualTls),
      PORTCULLIS_AUTHSERVER_CLIENT_AUTHORITIES: authorities,
    })
    await system.running.controlPlane?.apply({ 'robot.yaml': ROBOT }, { actor: 'test' })
  })
  afterAll(async () => {
    await system?.[Symbol.asyncDispose]()
    setDefaultCACertificates(before)
    for (const each of [servers, partners, shown]) each[Symbol.dispose]()
  })

  async function send(
    url: string,
    pair: typeof robot | undefined,
    { form, headers = {} }: { form?: Record<string, string>; headers?: Record<string, string> } = {},
  ) {
    const sent = request(url, {
      ca: servers.certificate,
      agent: false,
      method: form === undefined ? 'GET' : 'POST',
      ...(pair && { cert: pair.certificate, key: pair.key }),
      headers: { ...(form && { 'content-type': 'application/x-www-form-urlencoded' }), ...headers },
    })
    sent.end(form && new URLSearchParams(form).toString())
    const [answer] = await once(sent, 'response')
    const body = JSON.parse(Buffer.concat(await answer.toArray()).toString())
    return { status: Number(answer.statusCode), body }
  }

  async function obtain(pair: typeof robot | undefined) {
    const { authserver } = system.running.addresses
    const metadata = await send(`${authserver}/hmart/.well-known/oauth-authorization-server`, undefined)
    const form = { grant_type: 'client_credentials', client_id: 'stock-robot', scope: 'list_items' }
    return send(metadata.body.mtls_endpoint_aliases.token_endpoint, pair, { form })
  }

  const items = (pair: typeof robot | undefined) =>
    send(`${system.running.addresses.gateway}/warehouse/v1/items`, pair, {
      headers: { authorization: `Bearer ${token}` },
    })

  test('gets a token for its certificate alone, at the address that the metadata name', async () => {
    expect((await obtain(undefined)).body.error).toBe('invalid_client')
    expect((await obtain(other)).body.error).toBe('invalid_client')
    const { status, body } = await obtain(robot)
    expect(status).toBe(200)
    token = body.access_token
    expect(decodeJwt(token).cnf).toEqual({ 'x5t#S256': expect.stringMatching(/^[\w-]{43}$/) })
  })

  test('is served with that token over connections with that certificate, and nobody is over others', async () => {
    // The gateway learns of the subscription a moment later.
    await expect.poll(async () => (await items(robot)).status).toBe(200)
    expect(await items(other)).toMatchObject({ status: 401 })
    expect(await items(undefined)).toMatchObject({ status: 401 })
  })
})
