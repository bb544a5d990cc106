import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Callback extends AsyncDisposable {
  readonly redirectUri: string
  /** Resolves to the URL with which the browser came back. */
  readonly arrived: Promise<URL>
}

/**
 * The page of an app to which the authorization server sends the browser back. With `onwards` it sends it on from there, as apps do
 * whose callback lies on another origin than their pages.
 */
export async function openCallback(onwards?: string): Promise<Callback> {
  const { promise: arrived, resolve: arrive } = Promise.withResolvers<URL>()
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    if (onwards !== undefined) response.writeHead(302, { Location: onwards })
    response.end('Back in the app.')
    if (url.pathname === '/callback') arrive(new URL(url.pathname + url.search, redirectUri))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`
  return {
    redirectUri,
    arrived,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
