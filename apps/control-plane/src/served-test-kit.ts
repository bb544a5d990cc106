import { type ApiClient, openApiClient } from '@portcullis/api-client/client'
import { PROBLEM_TYPE } from '@portcullis/api-client/problem'
import { type ServedControlPlane, serveControlPlane } from './serve.ts'
import { openTestSite, type TestIssuer, type TestSite, testIssuer, URLS } from './test-kit.ts'

/** Every scope of the management API. */
export const ALL = 'resources.read resources.write decisions.read tokens.revoke approvals.decide gateway.sync'

/** A control plane behind a real socket, and an issuer whose tokens it accepts. */
export interface ServedSite extends TestSite {
  readonly issuer: TestIssuer
  readonly served: ServedControlPlane
  clientWith(scope: string): ApiClient
  send(path: string, token?: string, init?: RequestInit): Promise<Response>
  /** Listens again on the same port. */
  serveAgain(): Promise<ServedControlPlane>
  close(): Promise<void>
}

export async function openServedSite(): Promise<ServedSite> {
  const site = await openTestSite()
  const { controlPlane, clock, log } = site
  const issuer = testIssuer(clock.now())
  const serve = (port: number): Promise<ServedControlPlane> =>
    serveControlPlane(controlPlane, {
      listen: { host: '127.0.0.1', port },
      keys: issuer.keys,
      clock,
      log,
      ...URLS,
    })
  const served = await serve(0)
  return {
    ...site,
    issuer,
    served,
    clientWith: (scope) => openApiClient({ url: served.url, token: async () => issuer.token(scope) }),
    send(path, token, init = {}) {
      const headers = new Headers(init.headers)
      if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
      return fetch(served.url + path, { ...init, headers })
    },
    serveAgain: () => serve(served.port),
    async close() {
      await served.close()
      await controlPlane.close()
    },
  }
}

/** A body to post, as JSON unless it is a text already. */
export function post(body: unknown, type = 'application/json'): RequestInit {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return { method: 'POST', body: text, headers: { 'content-type': type } }
}

/** The problem document of a refusal; throws when the answer is none, or contradicts itself. */
export async function problemOf(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const problem = (await response.json()) as Record<string, unknown>
  const isProblem =
    response.headers.get('content-type') === PROBLEM_TYPE &&
    problem.status === response.status &&
    problem.type === `urn:portcullis:fault:${String(problem.code)}` &&
    typeof problem.title === 'string' &&
    typeof problem.remedy === 'string'
  if (!isProblem) throw new TypeError(`no problem document: ${JSON.stringify(problem)}`)
  return problem
}
