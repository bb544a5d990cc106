import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import type { Secret } from '@portcullis/kernel/secret'
import { isLoopback } from '@portcullis/model/loopback'
import type { ClientConfig } from 'pg'
import { postgresFaults } from './fault.ts'

const PARAMETERS: ReadonlySet<string> = new Set(['sslmode', 'sslrootcert', 'host'])

/**
 * Reads `postgres://user:password@host:port/database?…`. Another machine is asked by TLS, its certificate verified for
 * its name, unless `sslmode=disable` is written; `host` names a folder with a socket. Whatever else could be written
 * there is refused, as a word that is ignored may be the one that was to protect. Fault: `postgres.bad-url`.
 */
export function readServer(url: Secret): ClientConfig {
  const parsed = parse(url)
  const parameters = parsed.searchParams
  const unknown = [...parameters.keys()].find((each) => !PARAMETERS.has(each))
  if (unknown !== undefined) throw bad(`it has the unknown parameter "${unknown.slice(0, 40)}"`)
  const socket = parameters.get('host')
  if (socket !== null && !socket.startsWith('/')) throw bad('`host` names the folder of a socket')
  const host = socket ?? (parsed.hostname.replace(/^\[|\]$/g, '') || 'localhost')
  const database = decodeURIComponent(parsed.pathname.slice(1))
  if (database === '' || parsed.username === '') throw bad('it names no user or no database')
  return {
    host,
    port: parsed.port === '' ? 5432 : Number(parsed.port),
    user: decodeURIComponent(parsed.username),
    ...(parsed.password !== '' && { password: decodeURIComponent(parsed.password) }),
    database,
    ssl: tlsOf(host, socket !== null || isLoopback(parsed), parameters),
  }
}

function tlsOf(
  host: string,
  isHere: boolean,
  parameters: URLSearchParams,
): Exclude<ClientConfig['ssl'], undefined> {
  const mode = parameters.get('sslmode') ?? (isHere ? 'disable' : 'verify-full')
  const file = parameters.get('sslrootcert')
  if (mode === 'disable') {
    if (file !== null) throw bad('`sslrootcert` is of no use without `sslmode=verify-full`')
    return false
  }
  if (mode !== 'verify-full') throw bad('`sslmode` is `verify-full` or `disable`')
  return {
    rejectUnauthorized: true,
    ...(isIP(host) === 0 && { servername: host }),
    ...(file !== null && { ca: read(file) }),
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw postgresFaults['bad-url']({ detail: 'Its `sslrootcert` cannot be read.', internal: file, cause })
  }
}

function parse(url: Secret): URL {
  const parsed = URL.parse(url.reveal())
  if (parsed === null || (parsed.protocol !== 'postgres:' && parsed.protocol !== 'postgresql:')) {
    throw bad('it does not begin with postgres://')
  }
  return parsed
}

/** The URL itself is in no fault: it has the password. */
function bad(why: string): Error {
  return postgresFaults['bad-url']({ detail: `It is refused, because ${why}.` })
}
