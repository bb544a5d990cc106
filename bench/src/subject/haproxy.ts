import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '@portcullis/kernel/fixture/free-port'
import { startProcess } from '../process/start-process.ts'
import type { Algorithm } from '../world/issuer.ts'
import { claims } from '../world/revision.ts'
import type { Site, Subject } from './subject.ts'

/** HAProxy as a plain reverse proxy; with an algorithm also verifying every token and counting calls by app. */
export async function startHaproxy(
  path: string,
  site: Site,
  algorithm?: Algorithm | undefined,
  tls?: Site['certificate'],
): Promise<Subject> {
  const folder = join(site.folder, `haproxy-${algorithm ?? (tls === undefined ? 'plain' : 'tls')}`)
  mkdirSync(folder)
  const port = await freePort()
  const pem = join(folder, 'issuer.pem')
  if (algorithm !== undefined) writeFileSync(pem, site.issuer.publicPem(algorithm))
  const own = join(folder, 'own.pem')
  if (tls !== undefined) writeFileSync(own, tls.certificate + tls.key)
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(
    file,
    config(
      port,
      site.upstreamPort,
      algorithm === undefined ? [] : verifying(algorithm, pem),
      tls === undefined ? '' : ` ssl crt ${own} ssl-min-ver TLSv1.3`,
    ),
  )
  const started = await startProcess({
    command: path,
    arguments: ['-db', '-f', file],
    cores: site.cores?.measured,
  })
  return { ...started, port }
}

/** Whether this version can verify tokens (`jwt_verify`, since 2.5). */
export function verifiesTokens(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > 2 || (major === 2 && minor >= 5)
}

function config(port: number, upstreamPort: number, rules: readonly string[], ssl: string): string {
  return `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
  option http-keep-alive
frontend front
  bind 127.0.0.1:${port} backlog 1024${ssl}
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto http
${rules.map((rule) => `  ${rule}`).join('\n')}
  default_backend back
backend back
  server upstream 127.0.0.1:${upstreamPort}
${rules.length === 0 ? '' : APPS}`
}

const APPS = `backend apps
  stick-table type string len 64 size 100k expire 60s store http_req_rate(1s)
`

/** The signature, issuer, audience and time of a token, and how often its app calls: HAProxy's nearest to our shop. */
function verifying(algorithm: Algorithm, pem: string): string[] {
  const claim = (name: string, query: string, type = ''): string =>
    `http-request set-var(txn.${name}) http_auth_bearer,jwt_payload_query('${query}'${type})`
  return [
    'http-request deny deny_status 401 unless { req.hdr(authorization) -m found }',
    `http-request set-var(txn.alg) http_auth_bearer,jwt_header_query('$.alg')`,
    claim('aud', '$.aud'),
    claim('exp', '$.exp', ",'int'"),
    claim('app', '$.client_id'),
    claim('scope', '$.scope'),
    'http-request set-var(txn.now) date()',
    `http-request deny deny_status 401 unless { var(txn.alg) -m str ${algorithm} }`,
    `http-request deny deny_status 401 unless { var(txn.aud) -m str ${claims.aud} }`,
    'http-request deny deny_status 401 if { var(txn.exp),sub(txn.now) -m int lt 0 }',
    `http-request deny deny_status 401 unless { http_auth_bearer,jwt_verify(txn.alg,"${pem}") 1 }`,
    'http-request deny deny_status 403 unless { var(txn.scope) -m sub list_items }',
    'http-request track-sc0 var(txn.app) table apps',
    'http-request deny deny_status 429 if { sc_http_req_rate(0,apps) gt 1000000000 }',
  ]
}
