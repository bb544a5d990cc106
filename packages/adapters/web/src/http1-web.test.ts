import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Site, webContract } from '@portcullis/ports/web/contract'
import { webFaults } from '@portcullis/ports/web/port'
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
