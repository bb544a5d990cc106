import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../process/free-port.ts'
import { startProcess } from '../process/start-process.ts'
import { worldRevision } from '../world/revision.ts'
import { serveControlPlane } from '../world/serve-control-plane.ts'
import type { Site, Subject } from './subject.ts'

const COMMAND = new URL('../../../apps/portcullis/bin/portcullis.mjs', import.meta.url).pathname

/**
 * A gateway in a process of its own, as an operator starts it: revisions, keys and decision records go over HTTP to and
 * from a control plane, here the benchmark's own.
 */
export async function startPortcullis(
  site: Site,
  operations: number,
  nodeOptions: readonly string[] = [],
): Promise<Subject> {
  await using opened = new AsyncDisposableStack()
  const home = join(site.folder, `portcullis-${operations}`)
  mkdirSync(home)
  const control = opened.use(
    await serveControlPlane(site.issuer, (url) =>
      worldRevision(
        {
          upstream: `http://127.0.0.1:${site.upstreamPort}`,
          jwksUri: `${url}/jwks`,
        },
        operations,
      ),
    ),
  )
  const keyFile = join(home, 'bench-revision-key.json')
  writeFileSync(keyFile, control.revisionKey)
  const port = await freePort()
  const started = opened.use(
    await startProcess({
      command: process.execPath,
      arguments: [...nodeOptions, COMMAND, 'start'],
      environment: {
        PORTCULLIS_ROLES: 'gateway',
        PORTCULLIS_HOME: join(home, 'home'),
        PORTCULLIS_GATEWAY_THREADS: '1',
        PORTCULLIS_GATEWAY_PORT: `${port}`,
        // Several gateways run at a time.
        PORTCULLIS_OPERATIONS_PORT: 'none',
        PORTCULLIS_CONTROL_PLANE_URL: control.url,
        PORTCULLIS_AUTHSERVER_URL: control.url,
        PORTCULLIS_GATEWAY_CLIENT_SECRET: 'bench',
        PORTCULLIS_REVISION_KEY_FILE: keyFile,
        PORTCULLIS_LOG_LEVEL: 'error',
      },
      cores: site.cores?.measured,
    }),
  )
  started.output.resume()
  const closing = opened.move()
  return { ...started, port, [Symbol.asyncDispose]: () => closing.disposeAsync() }
}
