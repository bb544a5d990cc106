import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '@portcullis/kernel/fixture/free-port'
import { startProcess } from '../process/start-process.ts'
import type { Site, Subject } from './subject.ts'

/** Caddy as a plain reverse proxy, on one core. */
export async function startCaddy(path: string, site: Site): Promise<Subject> {
  const folder = join(site.folder, 'caddy')
  mkdirSync(folder)
  const port = await freePort()
  const file = join(folder, 'Caddyfile')
  writeFileSync(file, config(port, site.upstreamPort))
  const started = await startProcess({
    command: path,
    arguments: ['run', '--config', file, '--adapter', 'caddyfile'],
    environment: { GOMAXPROCS: '1', HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    cores: site.cores?.measured,
  })
  return { ...started, port }
}

function config(port: number, upstreamPort: number): string {
  return `{
  admin off
  auto_https off
}
http://127.0.0.1:${port} http://api.example:${port} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${upstreamPort} {
    transport http {
      keepalive_idle_conns_per_host 128
    }
  }
}
`
}
