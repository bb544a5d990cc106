import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { VerificationKey } from '@portcullis/ports/keys/port'

/** An issuer for tests: a real HTTP server whose JWK Sets can be changed, counted, slowed down and taken away. */
export interface IssuerServer {
  readonly origin: string
  /** How many requests came in. */
  readonly fetches: number
  /** Answers this path so from now on; JSON unless it is a function. */
  answer(
    path: string,
    answer: unknown | ((request: IncomingMessage, response: ServerResponse) => void),
  ): string
  /** Stops answering; whoever connects is refused. */
  stop(): Promise<void>
  /** Answers again, on the same port. */
  restart(): Promise<void>
}

export async function startIssuer(): Promise<IssuerServer> {
  const answers = new Map<string, unknown>()
  let fetches = 0
  const server = createServer((request, response) => {
    fetches++
    const answer = answers.get(request.url ?? '')
    if (typeof answer === 'function') return answer(request, response)
    if (answer === undefined) return response.writeHead(404).end()
    return response.writeHead(200, { 'content-type': 'application/jwk-set+json' }).end(JSON.stringify(answer))
  })
  const listen = (port: number) =>
    new Promise<void>((resolve) => {
      server.listen(port, '127.0.0.1', resolve)
    })
  await listen(0)
  const { port } = server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  return {
    origin,
    get fetches() {
      return fetches
    },
    answer(path, answer) {
      answers.set(path, answer)
      return origin + path
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
    restart: () => listen(port),
  }
}

/** The JWK of a key, with the members that issuers publish. */
export function jwkOf({ kid, algorithm, key }: VerificationKey): Record<string, unknown> {
  return { ...key.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' }
}
