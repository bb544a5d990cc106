import { openApis } from './revision.ts'

/** The text of a GET as an app would send it, token or none. */
function get(path: string, token: string | undefined, short: boolean): string {
  return [
    `GET ${path} HTTP/1.1`,
    'Host: api.example',
    'User-Agent: bench/1',
    'Accept: application/json',
    'Accept-Encoding: identity',
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    ...(short ? ['Connection: close'] : []),
    '\r\n',
  ].join('\r\n')
}

/** The text of a POST with a body of so many bytes. */
export function post(path: string, bytes: number): string {
  return [
    `POST ${path} HTTP/1.1`,
    'Host: api.example',
    'User-Agent: bench/1',
    'Accept: application/json',
    'Content-Type: application/json',
    `Content-Length: ${bytes}`,
    '',
    `{"note":"${'x'.repeat(bytes - 11)}"}`,
  ].join('\r\n')
}

/** One request over and over. */
export function sameRequest(path: string, short = false): string[] {
  return [get(path, undefined, short)]
}

/** The same operation with one token after another. */
export function tokenRequests(tokens: readonly string[]): string[] {
  return tokens.map((token) => get('/shop/v1/items-1/77', token, false))
}

const SPREAD = 1_000

/** Up to a thousand operations, spread over all that there are. */
export function spreadRequests(operations: number): string[] {
  const paths = openApis(operations).flatMap((api) =>
    Array.from({ length: api.operations }, (_, i) => `/${api.name}/v1/items-${i}/77`),
  )
  const step = Math.max(1, Math.floor(paths.length / SPREAD))
  return paths.filter((_, i) => i % step === 0).map((path) => get(path, undefined, false))
}
