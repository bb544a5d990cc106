import type { Response, ServerRequest } from '@portcullis/http1/message'
import { type Http1Server, listenHttp1 } from '@portcullis/http1/server/listen-http1'
import { serverLimits } from '@portcullis/http1/server/server-limit'
import { type MetricFormat, type Sample, writeMetrics } from '@portcullis/kernel/metric'
import type { Log } from '@portcullis/ports/log/port'
import { families } from './families.ts'

export interface OperationsParts {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly measure: () => Promise<readonly Sample[]>
  /** What is missing before calls can be served; empty when nothing is. */
  readonly lacking: () => readonly string[]
  readonly log: Log
}

const CONTENT_TYPES: Readonly<Record<MetricFormat, string>> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
}

/** Few ask, with little to say. */
const limits = { ...serverLimits, maxConnections: 64, maxConnectionsPerAddress: 64, maxBodyBytes: 0 }

/**
 * For those who run it, and at a port of its own so that callers can't ask: `/metrics`, and `/health/live` and
 * `/health/ready` for whoever restarts it and sends it calls. Rejects when the address can't be had.
 */
export function serveOperations({
  host,
  port,
  measure,
  lacking,
  log,
}: OperationsParts): Promise<Http1Server> {
  async function handle({ method, target, fields }: ServerRequest): Promise<Response> {
    if (method !== 'GET' && method !== 'HEAD') return text(405, 'only GET', ['Allow', 'GET, HEAD'])
    const [path] = target.split('?')
    if (path === '/health/live') return text(200, 'alive')
    if (path === '/health/ready') {
      const missing = lacking()
      return missing.length === 0 ? text(200, 'ready') : text(503, missing.join('\n'))
    }
    if (path !== '/metrics') return text(404, 'there are /metrics, /health/live and /health/ready')
    const format = formatFor(fields)
    return text(200, writeMetrics(await measure(), families, format), [], CONTENT_TYPES[format])
  }

  return listenHttp1({
    host,
    port,
    limits,
    async handle(request) {
      try {
        return await handle(request)
      } catch (cause) {
        log.error('a question about operations could not be answered', { cause })
        return text(500, 'the log says why')
      }
    },
    refuse: ({ status, reason }) => text(status, reason),
    observer: {
      onHandlerFailed: (cause) => log.error('a question about operations could not be answered', { cause }),
      onResponseCut: (cause) => log.debug('an answer about operations was cut off', { cause }),
    },
  })
}

function formatFor(fields: readonly string[]): MetricFormat {
  const accepted = fields.filter((_, i) => i % 2 === 1 && fields[i - 1]?.toLowerCase() === 'accept')
  return accepted.some((each) => each.includes('application/openmetrics-text')) ? 'openmetrics' : 'prometheus'
}

function text(
  status: number,
  body: string,
  fields: readonly string[] = [],
  type = 'text/plain; charset=utf-8',
): Response {
  const content = body.endsWith('\n') ? body : `${body}\n`
  return {
    status,
    fields: ['Content-Type', type, 'Cache-Control', 'no-store', ...fields],
    body: Buffer.from(content),
  }
}
