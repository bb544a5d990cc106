import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '@portcullis/kernel/fixture/free-port'
import { startProcess } from '../process/start-process.ts'
import type { Site, Subject } from './subject.ts'

/** nginx as a plain reverse proxy: one worker, connections kept on both sides, no log. */
export async function startNginx(path: string, site: Site, tls?: Site['certificate']): Promise<Subject> {
  const folder = join(site.folder, tls === undefined ? 'nginx' : 'nginx-tls')
  mkdirSync(folder)
  const port = await freePort()
  const file = join(folder, 'nginx.conf')
  if (tls !== undefined) {
    writeFileSync(join(folder, 'own.crt'), tls.certificate)
    writeFileSync(join(folder, 'own.key'), tls.key)
  }
  writeFileSync(file, config(folder, port, site.upstreamPort, tls !== undefined))
  const started = await startProcess({
    command: path,
    arguments: ['-e', 'stderr', '-p', folder, '-c', file],
    cores: site.cores?.measured,
  })
  return { ...started, port }
}

function config(folder: string, port: number, upstreamPort: number, isTls: boolean): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `daemon off;
worker_processes 1;
pid ${folder}/pid;
error_log stderr crit;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 4096; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  keepalive_requests 1000000000;
  # A body of the benchmark fits into memory, and is not written to a file.
  client_body_buffer_size 128k;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  upstream backend {
    server 127.0.0.1:${upstreamPort};
    keepalive 128;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port}${isTls ? ' ssl' : ''} backlog=1024;
    ${isTls ? `ssl_certificate ${folder}/own.crt; ssl_certificate_key ${folder}/own.key; ssl_protocols TLSv1.3;` : ''}
    location / {
      proxy_pass http://backend;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto http;
    }
  }
}
`
}
