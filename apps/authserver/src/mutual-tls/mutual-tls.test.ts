import { hash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { certificateFolder } from '@portcullis/certificate/fixture/certificate-folder'
import { makeAuthority, type TestCertificate } from '@portcullis/http1/fixture/make-certificate'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Authserver } from '../start-authserver.ts'
import { openWorld, WAREHOUSE, type World } from '../test-kit.ts'
import { TlsPeer } from './test-peer.ts'

const servers = makeAuthority('Servers')
const partners = makeAuthority('Partners')
const strangers = makeAuthority('Strangers')
const robot = partners.issue(['robot.partner.example'])
const sibling = partners.issue(['sibling.partner.example'])
const revoked = partners.issue(['robot.partner.example', 'revoked.example'])
const impostor = strangers.issue(['robot.partner.example'])
const old = partners.issue(['robot.partner.example'], true)
const own = strangers.issue(['self.example'])
const folder = certificateFolder()

const derOf = ({ certificate }: TestCertificate) => new X509Certificate(certificate).raw
const thumbprintOf = (each: TestCertificate) => hash('sha256', derOf(each), 'base64url')
const jwkOf = (each: TestCertificate) => ({
  ...new X509Certificate(each.certificate).publicKey.export({ format: 'jwk' }),
  x5c: [derOf(each).toString('base64')],
})

let world: World
let server: Authserver

beforeAll(async () => {
  folder.put('local', servers.issue(['localhost', '127.0.0.1']))
  folder.write('.authorities.pem', partners.certificate)
  folder.write('.revoked.pem', partners.revoke([revoked]))
  world = await openWorld({
    certificates: {
      path: folder.path,
      minVersion: 'TLSv1.2',
      client: {
        mode: 'requested',
        authorities: join(folder.path, '.authorities.pem'),
        revocations: join(folder.path, '.revoked.pem'),
      },
    },
    mutualTls: { port: 0 },
    certificatePollMillis: 10,
    handedOn: { believes: (address) => address === '127.0.0.1', authorities: partners.certificate },
  })
  server = world.server()
  await world.app('robot', {
    authentication: 'tls_client_auth',
    certificate: { dns: 'robot.partner.example' },
    certificateBoundTokens: true,
  })
  await world.app('named', {
    authentication: 'tls_client_auth',
    certificate: { subject: 'CN=robot.partner.example' },
  })
  await world.app('self', {
    authentication: 'self_signed_tls_client_auth',
    jwks: { keys: [jwkOf(own)] } as never,
    certificateBoundTokens: true,
  })
  await world.app('keeper', { certificateBoundTokens: true })
  const list = [['warehouse', ['list_items']]] as const
  await world.publish({ robot: list, named: list, self: list, keeper: list })
})
afterAll(async () => {
  await world?.close()
  folder[Symbol.dispose]()
})

const peer = (certificate?: TestCertificate) => new TlsPeer(servers.certificate, certificate)
const at = (path: string) => `${server.mutualTlsUrl}/hmart${path}`
const obtain = (client_id: string, certificate?: TestCertificate) =>
  peer(certificate).send(at('/token'), { grant_type: 'client_credentials', client_id, resource: WAREHOUSE })

describe('an app that proves who it is by a certificate', () => {
  it.each([
    ['by a name that our authority certifies', 'robot', robot],
    ['by the whole subject', 'named', robot],
    ['by one that it made itself and whose key is registered', 'self', own],
  ])('gets a token: %s (RFC 8705 §2)', async (_, app, certificate) => {
    const { status, body } = await obtain(app, certificate)
    expect({ status, body }).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
  })

  it.each([
    ['without one', 'robot', undefined],
    ['with that of another name', 'robot', sibling],
    ['with the right name from an authority that is not ours', 'robot', impostor],
    ['with one that was revoked', 'robot', revoked],
    ['with one that has expired', 'robot', old],
    ['with one that it made itself where ours is asked for', 'robot', own],
    ['with one that is ours where its own is asked for', 'self', robot],
  ])('is refused %s', async (_, app, certificate) => {
    const { status, body } = await obtain(app, certificate)
    expect({ status, body }).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    expect(body).not.toHaveProperty('access_token')
  })

  it('is not let in by its secret instead', async () => {
    const secret = await world.credential('robot')
    const authorization = `Basic ${Buffer.from(`robot:${secret}`).toString('base64')}`
    const form = { grant_type: 'client_credentials', resource: WAREHOUSE }
    expect((await peer(robot).send(at('/token'), form, { authorization })).status).toBe(401)
  })
})

describe('a token that is bound to a certificate', () => {
  it('names its thumbprint (RFC 8705 §3.1), and introspection tells it', async () => {
    const { body } = await obtain('robot', robot)
    const token = String(body.access_token)
    const cnf = { 'x5t#S256': thumbprintOf(robot) }
    expect(decodeJwt(token).cnf).toEqual(cnf)
    const told = await peer(robot).send(at('/token/introspection'), { token, client_id: 'robot' })
    expect(told.body).toMatchObject({ active: true, cnf })
  })

  it('is refused to an app that must have one and shows none, however it proves who it is', async () => {
    const authorization = `Basic ${Buffer.from(`keeper:${await world.credential('keeper')}`).toString('base64')}`
    const form = { grant_type: 'client_credentials', resource: WAREHOUSE }
    expect((await peer().send(at('/token'), form, { authorization })).body.error).toBe('invalid_grant')
    const { body } = await peer(robot).send(at('/token'), form, { authorization })
    expect(decodeJwt(String(body.access_token)).cnf).toEqual({ 'x5t#S256': thumbprintOf(robot) })
  })
})

describe('the listener that asks for certificates', () => {
  it('is told of in the metadata, beside addresses that ask for none (RFC 8705 §5)', async () => {
    const { body } = await peer().send(`${server.url}/hmart/.well-known/openid-configuration`)
    expect(body).toMatchObject({
      issuer: `${server.url}/hmart`,
      token_endpoint: `${server.url}/hmart/token`,
      tls_client_certificate_bound_access_tokens: true,
      mtls_endpoint_aliases: {
        token_endpoint: at('/token'),
        introspection_endpoint: at('/token/introspection'),
      },
    })
    expect(body.token_endpoint_auth_methods_supported).toEqual(
      expect.arrayContaining(['tls_client_auth', 'self_signed_tls_client_auth']),
    )
  })

  it('serves no pages: browsers would ask people for certificates', async () => {
    expect((await peer().send(at('/auth?client_id=shop'))).status).toBe(404)
    expect((await peer().send(at('/interaction/abc'))).status).toBe(404)
  })

  it('takes nobody for certified at the address that asks for none', async () => {
    const form = { grant_type: 'client_credentials', client_id: 'robot', resource: WAREHOUSE }
    const { status } = await peer(robot).send(`${server.url}/hmart/token`, form)
    expect(status).toBe(401)
  })

  it('shows another certificate once the folder has one, and trusts another authority', async () => {
    const before = await shownSerial()
    folder.put('local', servers.issue(['localhost', '127.0.0.1']))
    await expect.poll(shownSerial).not.toBe(before)
  })
})

describe('a certificate that a proxy hands on (RFC 9440)', () => {
  const handOn = (each: TestCertificate) => ({ 'client-cert': `:${derOf(each).toString('base64')}:` })
  const form = { grant_type: 'client_credentials', client_id: 'robot', resource: WAREHOUSE }

  it('counts from an address that is believed, if one of our authorities issued it', async () => {
    const take = (each: TestCertificate) => peer().send(`${server.url}/hmart/token`, form, handOn(each))
    const { body } = await take(robot)
    expect(decodeJwt(String(body.access_token)).cnf).toEqual({ 'x5t#S256': thumbprintOf(robot) })
    expect((await take(impostor)).status).toBe(401)
    expect((await take(old)).status).toBe(401)
  })

  it('never stands in for the certificate of the connection itself', async () => {
    expect((await peer(sibling).send(at('/token'), form, handOn(robot))).status).toBe(401)
  })

  it('counts from nobody else', async () => {
    const deaf = await openWorld({ handedOn: { believes: () => false, authorities: partners.certificate } })
    try {
      await deaf.app('robot', {
        authentication: 'tls_client_auth',
        certificate: { dns: 'robot.partner.example' },
      })
      await deaf.publish({ robot: [['warehouse', ['list_items']]] })
      const body = new URLSearchParams(form)
      const answer = await fetch(`${deaf.issuer()}/token`, { method: 'POST', body, headers: handOn(robot) })
      expect(answer.status).toBe(401)
    } finally {
      await deaf.close()
    }
  })
})

async function shownSerial(): Promise<string> {
  const port = Number(new URL(server.mutualTlsUrl ?? '').port)
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: servers.certificate })
  await once(socket, 'secureConnect')
  const { serialNumber } = socket.getPeerCertificate()
  socket.destroy()
  return serialNumber
}
