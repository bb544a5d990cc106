import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import type { ControlPlane } from './control-plane.ts'
import { type AppOptions, createApp } from './http/app.ts'
import { EventStreams } from './http/event-streams.ts'

export interface ServeOptions extends AppOptions {
  readonly listen: { readonly host: string; readonly port: number }
}

export interface ServedControlPlane {
  /** Where it listens. Callers may find it elsewhere, behind a proxy. */
  readonly url: string
  readonly port: number
  /** Ends every stream and connection, and then the listening. The control plane itself stays. */
  close(): Promise<void>
}

const HEADERS_MILLIS = 10_000
/** For the largest bundle over a slow line. */
const REQUEST_MILLIS = 60_000
/** Without a byte in either direction. Longer than the longest check of a bundle, and than a heartbeat. */
const IDLE_MILLIS = 120_000
const MAX_HEADER_BYTES = 16_384

/** Serves the management API over HTTP. TLS is for what stands in front of it. */
export async function serveControlPlane(
  controlPlane: ControlPlane,
  options: ServeOptions,
): Promise<ServedControlPlane> {
  const streams = new EventStreams(controlPlane)
  const app = createApp(controlPlane, streams, options)
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: {
      headersTimeout: HEADERS_MILLIS,
      requestTimeout: REQUEST_MILLIS,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
  })
  server.setTimeout(IDLE_MILLIS)
  server.listen(options.listen.port, options.listen.host)
  // Rejects with the reason when the port is taken.
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { host } = options.listen
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    async close() {
      streams.close()
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      if ('closeAllConnections' in server) server.closeAllConnections()
      await closed
    },
  }
}
