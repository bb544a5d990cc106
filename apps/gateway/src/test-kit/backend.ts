import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as a backend saw it. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
}

export interface Backend {
  readonly url: string
  readonly seen: Seen[]
  /** Connections that are open. */
  connections(): Promise<number>
  close(): Promise<void>
}

/** A real server of the test's own; without a listener it tells in JSON what it saw. */
export async function openBackend(listener?: RequestListener): Promise<Backend> {
  const seen: Seen[] = []
  const server = createServer(
    listener ??
      (async (request, response) => {
        const body = await readAll(request)
        seen.push({
          method: request.method ?? '',
          url: request.url ?? '',
          rawHeaders: request.rawHeaders,
          body,
        })
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ url: request.url, method: request.method, bytes: body.length }))
      }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)))
      }),
    async close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

export async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** All values of a field in a raw header list. */
export function valuesOf(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name)
}
