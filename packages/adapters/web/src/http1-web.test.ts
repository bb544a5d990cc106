import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { Secret } from '@portcullis/kernel/secret'
import { openOpensslAuthority } from '@portcullis/policy-kit/fixture/openssl-authority'
import { type Site, webContract } from '@portcullis/ports/web/contract'
import { type ClientCertificate, webFaults } from '@portcullis/ports/web/port'
import { describe, expect, it } from 'vitest'
import { openHttp1Web } from './http1-web.ts'

webContract('http1', () => {
  const web = openHttp1Web()
  const servers: Server[] = []
  return {
    web,
    nowhere: 'http://127.0.0.1:9/',
    put: (site) => serve(site, servers),
    async close() {
      web.close()
      for (const server of servers) server.close().closeAllConnections()
    },
  }
})

describe('openHttp1Web', () => {
  it('tells the log who did not answer, without what was asked', async () => {
    const web = openHttp1Web()
    const asked = web.ask({
      url: 'http://127.0.0.1:9/introspect?token=secret',
      method: 'GET',
      headers: [],
      timeoutMillis: 1000,
      maxBytes: 10,
    })
    const thrown = await asked.catch((caught: unknown) => caught)
    expect(webFaults.unavailable.is(thrown) && thrown.message).toBe(
      'http://127.0.0.1:9/introspect: connect-failed',
    )
    web.close()
  })
})

describe('openHttp1Web with a certificate', () => {
  it('shows it to who asks for one, and on no connection of somebody who shows none', async () => {
    using authority = openOpensslAuthority()
    const own = authority.issueServer('localhost')
    const pair = authority.issuePair({ subject: '/CN=gateway' })
    const server = createSecureServer(
      {
        cert: own.certificate,
        key: own.key,
        ca: authority.certificate,
        requestCert: true,
        rejectUnauthorized: false,
      },
      ({ socket }, response) => {
        const { authorized } = socket as TLSSocket
        response.end(authorized ? String((socket as TLSSocket).getPeerCertificate().subject.CN) : 'nobody')
      },
    ).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const web = openHttp1Web({ tls: { authorities: authority.certificate } })
    const shown = { chain: pair.certificate, key: new Secret(pair.key) }
    const ask = async (certificate: ClientCertificate | undefined) => {
      const url = `https://localhost:${(server.address() as AddressInfo).port}/`
      const { body } = await web.ask({
        ...{ url, method: 'GET', headers: [], timeoutMillis: 5_000, maxBytes: 100 },
        certificate,
      })
      return Buffer.from(body).toString()
    }
    expect([await ask(shown), await ask(undefined), await ask(shown)]).toEqual([
      'gateway',
      'nobody',
      'gateway',
    ])
    web.close()
    server.close().closeAllConnections()
  })
})

async function serve(site: Site, servers: Server[]): Promise<string> {
  const server = createServer(async (request, response) => {
    const {
      status,
      headers = {},
      body = '',
    } = await site({
      method: request.method ?? '',
      body: await textOf(request),
      header: (name) => request.headers[name]?.toString(),
    })
    response.writeHead(status, headers).end(body)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString()
}
