import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { CertificateNames, contextOptions, type ServerTls } from '@portcullis/http1/server/tls'
import type { Log } from '@portcullis/ports/log/port'
import { type AccountPorts, serveAccount } from './account/account.ts'
import { clientAddress } from './client-address.ts'
import { authserverFaults } from './fault.ts'
import { type InteractionPorts, serveInteraction } from './interaction/interaction.ts'
import { type BelievesCertificates, noteCertificate } from './mutual-tls/caller-certificate.ts'
import { isForCertificates } from './mutual-tls/endpoint-aliases.ts'
import { servePassword } from './password/serve-password.ts'
import { faultOf, sendProblem } from './problem.ts'
import { REGISTRATION_PATH, type RegistrationPorts, serveRegistration } from './registration/registration.ts'
import { serveScim } from './scim/serve-scim.ts'
import type { Tenant } from './tenant.ts'
import { serveUpstream } from './upstream/serve-upstream.ts'

/** Above what oidc-provider reads of a body (56 KiB). */
const MAX_BODY_BYTES = 64 * 1024
const MAX_HEADER_BYTES = 16 * 1024
const MAX_HEADERS = 100
const HEADERS_TIMEOUT_MILLIS = 10_000
const REQUEST_TIMEOUT_MILLIS = 15_000
const KEEP_ALIVE_MILLIS = 5_000
const YEAR_SECONDS = 31_536_000

/** With what a listener speaks TLS. */
export interface ListenerTls {
  readonly tls: ServerTls
  /** Whether callers are asked for certificates. Browsers would ask people for them, so no pages are served there. */
  readonly asksForCertificates: boolean
}

/** A listener, and a way to show other certificates from its next connection on. */
export interface Listener {
  readonly server: Server
  replaceCertificates(tls: ServerTls): void
}

export interface ListenerParts {
  readonly ports: InteractionPorts & AccountPorts & { readonly log: Log } & RegistrationPorts
  /** Where callers find us. Known once we listen, because the port may be chosen then. */
  readonly baseUrl: () => URL
  readonly tenantOf: (organization: string) => Promise<Tenant>
  readonly trustProxy: boolean
  readonly believesCertificates: BelievesCertificates
  readonly tls?: ListenerTls | undefined
}

/** The HTTP side: limits, headers for every answer, and which organization is meant. */
export function createListener(parts: ListenerParts): Listener {
  const limits = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEADERS_TIMEOUT_MILLIS,
    requestTimeout: REQUEST_TIMEOUT_MILLIS,
    keepAliveTimeout: KEEP_ALIVE_MILLIS,
    connectionsCheckingInterval: 1000,
  }
  const { tls } = parts
  if (tls === undefined) {
    const server = createServer(limits, handle)
    server.maxHeadersCount = MAX_HEADERS
    return { server, replaceCertificates: () => undefined }
  }
  let names = new CertificateNames(tls.tls)
  const server = createSecureServer(
    {
      ...limits,
      ...contextOptions(tls.tls, tls.tls.certificates[0]),
      SNICallback: (name, done) => done(null, names.find(name)),
      requestCert: tls.asksForCertificates,
      // What a certificate is good for is decided where it is needed: one that the app made itself is verified by nobody.
      rejectUnauthorized: false,
    },
    handle,
  )
  server.maxHeadersCount = MAX_HEADERS
  return {
    server,
    replaceCertificates(chosen) {
      names = new CertificateNames(chosen)
      server.setSecureContext(contextOptions(chosen, chosen.certificates[0]))
    },
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    answer(parts, request, response).catch((thrown: unknown) => {
      const fault = faultOf(thrown)
      if (fault.status >= 500) parts.ports.log.error('authorization server failed', { error: thrown })
      // What is left of the body is not read, so the connection can't be used again.
      if (!request.complete && !response.headersSent) response.setHeader('Connection', 'close')
      sendProblem(response, fault)
    })
  }
}

async function answer(
  parts: ListenerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const baseUrl = parts.baseUrl()
  const address = clientAddress(request, parts.trustProxy)
  noteCertificate(request, parts.believesCertificates)
  secure(response, baseUrl)
  usePublicUrl(request, baseUrl)
  // The only one that counts, for whoever limits by it.
  request.headers['x-forwarded-for'] = address
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES)
    throw authserverFaults['body-too-large']()
  const { organization, rest } = routeOf(request.url ?? '', baseUrl)
  if (parts.tls?.asksForCertificates && !isForCertificates(rest)) throw authserverFaults['not-found']()
  const tenant = await parts.tenantOf(organization)
  const interaction = /^\/interaction\/([\w-]{1,64})(?:\?|$)/.exec(rest)?.[1]
  if (interaction !== undefined) {
    return serveInteraction(tenant, parts.ports, { request, response, uid: interaction, address })
  }
  if (rest.startsWith('/scim/v2/')) return serveScim(tenant, parts.ports, { request, response, rest })
  if (/^\/password(?:[/?]|$)/.test(rest)) {
    return servePassword(tenant, parts.ports, { request, response, rest, address })
  }
  if (/^\/account(?:[/?]|$)/.test(rest)) {
    return serveAccount(tenant, parts.ports, { request, response, rest, address })
  }
  const registration = REGISTRATION_PATH.exec(rest)
  if (registration !== null) {
    return serveRegistration(tenant, parts.ports, { request, response, app: registration[1], address })
  }
  const upstream = /^\/upstream\/([a-z0-9-]{1,63})\/([a-z-]{1,32})(?:\?|$)/.exec(rest)
  if (upstream !== null) {
    const [, provider = '', endpoint = ''] = upstream
    return serveUpstream(tenant, parts.ports, { request, response, provider, endpoint })
  }
  // oidc-provider makes its addresses from the path below which it is mounted.
  Object.assign(request, { url: rest, baseUrl: tenant.issuer.pathname })
  await tenant.handle(request, response)
}

interface Route {
  readonly organization: string
  /** Path and query below the issuer. */
  readonly rest: string
}

const METADATA = '/.well-known/oauth-authorization-server'

/** `<base path>/<organization>/…`, or the metadata address of RFC 8414 §3.1, which has the issuer's path last. */
function routeOf(target: string, baseUrl: URL): Route {
  if (!target.startsWith('/')) throw authserverFaults['bad-target']()
  const [path = '', ...query] = target.split('?')
  const metadata = path.startsWith(`${METADATA}/`)
  const issuerPath = metadata ? path.slice(METADATA.length) : path
  const basePath = baseUrl.pathname.replace(/\/$/, '')
  if (!issuerPath.startsWith(`${basePath}/`)) throw authserverFaults['not-found']()
  const [organization = '', ...segments] = issuerPath.slice(basePath.length + 1).split('/')
  if (metadata && segments.length > 0) throw authserverFaults['not-found']()
  const rest = metadata ? METADATA : `/${segments.join('/')}`
  return { organization, rest: query.length === 0 ? rest : `${rest}?${query.join('?')}` }
}

/**
 * Addresses that we hand out are made from our own URL and never from what a request says of itself: a Host header
 * is the caller's to invent.
 */
function usePublicUrl(request: IncomingMessage, baseUrl: URL): void {
  const { headers } = request
  for (const name of Object.keys(headers)) {
    if (name === 'forwarded' || name.startsWith('x-forwarded-')) delete headers[name]
  }
  headers.host = baseUrl.host
  headers['x-forwarded-proto'] = baseUrl.protocol.slice(0, -1)
}

/** Also for JSON: no sniffing, no framing, and no script, should a browser ever show it. */
function secure(response: ServerResponse, baseUrl: URL): void {
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('X-Frame-Options', 'DENY')
  response.setHeader('Referrer-Policy', 'same-origin')
  response.setHeader(
    'Content-Security-Policy',
    "default-src 'none'; script-src; base-uri 'none'; frame-ancestors 'none'",
  )
  if (baseUrl.protocol === 'https:') {
    response.setHeader('Strict-Transport-Security', `max-age=${YEAR_SECONDS}`)
  }
}
