import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '@portcullis/kernel/fixture/free-port'
import { startProcess } from '../process/start-process.ts'
import { worldRevision } from '../world/revision.ts'
import { type ControlPlane, serveControlPlane } from '../world/serve-control-plane.ts'
import type { Site, Subject } from './subject.ts'

const COMMAND = new URL('../../../apps/portcullis/bin/portcullis.mjs', import.meta.url).pathname

export interface PortcullisOptions {
  readonly nodeOptions?: readonly string[]
  readonly threads?: number
  readonly isTls?: boolean
}

export interface PortcullisSubject extends Subject {
  readonly control: ControlPlane
}

/**
 * A gateway in a process of its own, as an operator starts it: revisions, keys and decision records go over HTTP to and
 * from a control plane, here the benchmark's own.
 */
export async function startPortcullis(
  site: Site,
  operations: number,
  { nodeOptions = [], threads = 1, isTls = false }: PortcullisOptions = {},
): Promise<PortcullisSubject> {
  await using opened = new AsyncDisposableStack()
  const home = join(site.folder, `portcullis-${operations}-${threads}${isTls ? '-tls' : ''}`)
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
  const certificates = join(home, 'certificates')
  if (isTls) {
    mkdirSync(certificates)
    writeFileSync(join(certificates, 'own.crt'), site.certificate.certificate)
    writeFileSync(join(certificates, 'own.key'), site.certificate.key, { mode: 0o600 })
  }
  const port = await freePort()
  const started = opened.use(
    await startProcess({
      command: process.execPath,
      arguments: [...nodeOptions, COMMAND, 'start'],
      environment: {
        PORTCULLIS_ROLES: 'gateway',
        PORTCULLIS_HOME: join(home, 'home'),
        PORTCULLIS_GATEWAY_THREADS: `${threads}`,
        ...(isTls && { PORTCULLIS_GATEWAY_CERTIFICATES: certificates }),
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
  return { ...started, port, control, [Symbol.asyncDispose]: () => closing.disposeAsync() }
}
