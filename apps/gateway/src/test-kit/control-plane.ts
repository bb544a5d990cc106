import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Secret } from '@portcullis/kernel/secret'
import type { ApiKey } from '@portcullis/model/credential/api-key'
import type { Revocation } from '@portcullis/model/news/revocation'
import type { Revision } from '@portcullis/model/revision'
import { CompactSign, type CryptoKey, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { ControlPlaneAddress } from '../control-plane/control-plane.ts'
import { readAll } from './backend.ts'

/** A control plane and authorization server of the test's own, over real HTTP, with a real signature. */
export interface TestControlPlane {
  readonly address: ControlPlaneAddress
  readonly revisionKey: JWK
  /** `organization/environment#number@gateway`, as they were acknowledged. */
  readonly acknowledged: string[]
  /** Positions up to which the gateway said that it refuses what was revoked. */
  readonly acknowledgedPositions: number[]
  /** Times that a token was asked for, and the calls made with it. */
  readonly asked: { tokens: number; calls: string[] }
  /** Publishes and tells of it. `jws` overrides what is given out. */
  publish(revision: Revision, options?: { readonly jws?: string; readonly silently?: boolean }): Promise<void>
  withdraw(organization: string, environment: string): void
  /** Revokes and tells of it. */
  revoke(revocation: Omit<Revocation, 'position'>): void
  /** Tells of an API key, at the next position. */
  tellKey(key: Omit<ApiKey, 'position'>): void
  /** As if its store were lost. */
  forgetRevocations(): void
  sign(revision: unknown, options?: { readonly typ?: string; readonly key?: CryptoKey }): Promise<string>
  /** From now on the tokens given out so far are refused. */
  revokeTokens(): void
  stop(): Promise<void>
  /** Comes back at the same address. */
  restart(): Promise<void>
}

interface Published {
  readonly organization: string
  readonly environment: string
  readonly number: number
  readonly jws: string
}

export async function openTestControlPlane(): Promise<TestControlPlane> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
  const published = new Map<string, Published>()
  const watchers = new Set<ServerResponse>()
  const acknowledged: string[] = []
  const acknowledgedPositions: number[] = []
  const revoked: Revocation[] = []
  const keys: ApiKey[] = []
  const asked = { tokens: 0, calls: [] as string[] }
  let token = 'token-0'
  let port = 0

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await readAll(request)).toString()
    const json = (status: number, value: unknown, headers = {}): void => {
      response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify(value))
    }
    if (request.url === '/token') {
      const form = new URLSearchParams(body)
      const known =
        request.headers.authorization === `Basic ${Buffer.from('gateway:s3cret%2F').toString('base64')}`
      if (!known || form.get('scope') !== 'gateway.sync' || form.get('resource') !== 'urn:test')
        return json(401, {})
      asked.tokens++
      return json(200, { access_token: token, token_type: 'Bearer', expires_in: 300 })
    }
    if (request.headers.authorization !== `Bearer ${token}`) {
      return json(401, {
        type: 'about:blank',
        title: 'No',
        status: 401,
        code: 'token.refused',
        remedy: 'Get another.',
      })
    }
    asked.calls.push(`${request.method} ${request.url}`)
    if (request.url === '/v1/gateway/environments') {
      const environments = [...published.values()].map(({ jws, ...notice }) => notice)
      return json(200, { environments })
    }
    if (request.url === '/v1/gateway/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(': hello\n\n')
      watchers.add(response)
      response.on('close', () => watchers.delete(response))
      return
    }
    const after = /^\/v1\/gateway\/revocations\?after=(\d+)$/.exec(request.url ?? '')?.[1]
    if (after !== undefined) {
      const news = revoked.filter((each) => each.position > Number(after))
      return json(200, { position: revoked.length, complete: true, revocations: news })
    }
    const keysAfter = /^\/v1\/gateway\/api-keys\?after=(\d+)$/.exec(request.url ?? '')?.[1]
    if (keysAfter !== undefined) {
      const position = keys.at(-1)?.position ?? 0
      const news = keys.filter((each) => each.position > Number(keysAfter))
      return json(200, { position, complete: true, apiKeys: news })
    }
    if (request.url === '/v1/gateway/revocations/acknowledgements') {
      const told = JSON.parse(body)
      acknowledgedPositions.push(told.position)
      response.writeHead(204).end()
      return
    }
    if (request.url === '/v1/gateway/acknowledgements') {
      const told = JSON.parse(body)
      acknowledged.push(`${told.organization}/${told.environment}#${told.number}@${told.gateway}`)
      response.writeHead(204).end()
      return
    }
    const [, organization, environment] =
      /^\/v1\/gateway\/environments\/([^/]+)\/([^/]+)\/revision$/.exec(request.url ?? '') ?? []
    const found = published.get(`${organization}/${environment}`)
    if (found === undefined) return json(404, {})
    if (request.headers['if-none-match'] === `"${found.number}"`) return void response.writeHead(304).end()
    json(200, { number: found.number, jws: found.jws }, { etag: `"${found.number}"` })
  }

  const sign: TestControlPlane['sign'] = (revision, options = {}) =>
    new CompactSign(Buffer.from(JSON.stringify(revision)))
      .setProtectedHeader({ alg: 'EdDSA', typ: options.typ ?? 'portcullis-revision' })
      .sign(options.key ?? privateKey)

  let server = createServer(answer)
  async function listen(): Promise<void> {
    server = createServer(answer)
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }
  await listen()
  const url = `http://127.0.0.1:${port}`

  return {
    address: {
      url,
      tokenUrl: `${url}/token`,
      audience: 'urn:test',
      clientId: 'gateway',
      clientSecret: new Secret('s3cret/'),
    },
    revisionKey: await exportJWK(publicKey),
    acknowledged,
    acknowledgedPositions,
    asked,
    sign,
    async publish(revision, options = {}) {
      const { organization, environment, number } = revision
      const notice = { organization, environment, number }
      published.set(`${organization}/${environment}`, {
        ...notice,
        jws: options.jws ?? (await sign(revision)),
      })
      if (options.silently === true) return
      for (const watcher of watchers) watcher.write(`event: revision\ndata: ${JSON.stringify(notice)}\n\n`)
    },
    withdraw(organization, environment) {
      published.delete(`${organization}/${environment}`)
      for (const watcher of watchers) {
        watcher.write(
          `event: revision\ndata: ${JSON.stringify({ organization, environment, number: 1 })}\n\n`,
        )
      }
    },
    revoke(revocation) {
      revoked.push({ ...revocation, position: revoked.length + 1 })
      const data = JSON.stringify({ position: revoked.length })
      for (const watcher of watchers) watcher.write(`event: revocation\ndata: ${data}\n\n`)
    },
    tellKey(key) {
      keys.push({ ...key, position: keys.length + 1 })
      const data = JSON.stringify({ position: keys.length })
      for (const watcher of watchers) watcher.write(`event: api-key\ndata: ${data}\n\n`)
    },
    forgetRevocations() {
      revoked.length = 0
    },
    revokeTokens() {
      token = `token-${asked.tokens}`
    },
    async stop() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
    restart: listen,
  }
}
