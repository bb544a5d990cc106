import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Log } from '@portcullis/ports/log/port'
import type { Store } from '@portcullis/ports/store/port'
import { errors } from 'oidc-provider'
import { authserverFaults } from '../fault.ts'
import { readForm } from '../interaction/read-form.ts'
import { postPage } from '../page/forward-page.ts'
import { sendFaultPage, sendOn, sendPage } from '../page/send-page.ts'
import { sendProblem } from '../problem.ts'
import type { Tenant } from '../tenant.ts'
import { endNoticed } from './end-noticed.ts'
import { upstreamFaults } from './fault.ts'
import type { Provider } from './providers.ts'
import { afterSignOut } from './sign-out.ts'
import type { MessageUse } from './upstream.ts'

export interface UpstreamRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** From the path: `/upstream/<provider>/<endpoint>`. */
  readonly provider: string
  readonly endpoint: string
}

interface Ports {
  readonly store: Store
  readonly log: Log
}

interface Endpoint {
  readonly methods: readonly string[]
  answer(tenant: Tenant, ports: Ports, provider: Provider, request: UpstreamRequest): Promise<void>
}

/** An answer of SAML is some ten thousand bytes. */
const MOST_ANSWER = { bytes: 64 * 1024, fields: 16 }

const MOST_STATE = 64

/** What identity providers, and browsers that come from there, find at `<issuer>/upstream/<provider>/`. */
const endpoints: Readonly<Record<string, Endpoint>> = {
  callback: { methods: ['GET', 'POST'], answer: takeAnswer },
  metadata: { methods: ['GET'], answer: showMetadata },
  notice: { methods: ['POST'], answer: takeNotice },
  'signed-out': { methods: ['GET', 'POST'], answer: takeSignOut },
}

export async function serveUpstream(tenant: Tenant, ports: Ports, asked: UpstreamRequest): Promise<void> {
  const { request, response, provider: name, endpoint: path } = asked
  try {
    const endpoint = Object.hasOwn(endpoints, path) ? endpoints[path] : undefined
    const provider = (await tenant.federation.listProviders()).find((each) => each.name === name)
    if (endpoint === undefined || provider === undefined) throw upstreamFaults.unknown()
    if (!endpoint.methods.includes(request.method ?? '')) throw authserverFaults['method-not-allowed']()
    response.setHeader('Cache-Control', 'no-store')
    await endpoint.answer(tenant, ports, provider, asked)
  } catch (thrown) {
    sendFaultPage(tenant.organization, ports.log, response, thrown)
  }
}

/** What the operators of the provider register there. */
async function showMetadata(
  { federation }: Tenant,
  _ports: Ports,
  { name, upstream }: Provider,
  { response }: UpstreamRequest,
): Promise<void> {
  if (upstream.by !== 'browser' || upstream.metadata === undefined) throw upstreamFaults.unknown()
  const { type, text } = await upstream.metadata(federation.callbackOf(name))
  response.writeHead(200, { 'Content-Type': type }).end(text)
}

/** Written down, and looked at by the interaction that waits for it: its cookie is not sent to this address. */
async function takeAnswer(
  tenant: Tenant,
  _ports: Ports,
  provider: Provider,
  { request, response }: UpstreamRequest,
): Promise<void> {
  const { federation, issuer } = tenant
  const parameters = await readParameters(request, issuer)
  const state = parameters.get('state') ?? parameters.get('RelayState') ?? ''
  const { upstream } = provider
  const unasked = upstream.by === 'browser' ? upstream.unasked : undefined
  const uid = await federation.pending.keepAnswer(state, provider.name, parameters).catch((thrown) => {
    if (unasked === undefined || !upstreamFaults.expired.is(thrown)) throw thrown
    return undefined
  })
  const waiting = `${issuer.href}/interaction/${uid}?state=${encodeURIComponent(state)}`
  await goOnTo(tenant, { request, response }, uid === undefined ? String(unasked) : waiting)
}

/** What came by a form may be held to where that form may go, by whoever made it. */
async function goOnTo(
  tenant: Tenant,
  { request, response }: Pick<UpstreamRequest, 'request' | 'response'>,
  location: string,
): Promise<void> {
  const title = request.method === 'POST' ? await tenant.title() : undefined
  sendOn(response, location, title === undefined ? undefined : { organization: title, title })
}

/** OpenID Connect Back-Channel Logout §2.7: 200 when it is done, 400 when it was no good notice. */
async function takeNotice(
  tenant: Tenant,
  ports: Ports,
  provider: Provider,
  { request, response }: UpstreamRequest,
): Promise<void> {
  const { upstream } = provider
  if (upstream.by !== 'browser' || upstream.readNotice === undefined) throw upstreamFaults.unknown()
  try {
    const notice = await upstream.readNotice(await readForm(request))
    await endNoticed(tenant, ports, provider, notice)
    response.writeHead(200).end()
  } catch (thrown) {
    if (!upstreamFaults.refused.is(thrown)) throw thrown
    const { organization } = tenant
    ports.log.warn('notice refused', { organization, provider: provider.name, error: thrown })
    sendProblem(response, authserverFaults['form-unreadable']())
  }
}

/** What comes when somebody signed out there: a request to do so here too, or the answer to ours. */
async function takeSignOut(
  tenant: Tenant,
  ports: Ports,
  provider: Provider,
  { request, response }: UpstreamRequest,
): Promise<void> {
  const { issuer } = tenant
  const parameters = await readParameters(request, issuer)
  const { search } = new URL(request.url ?? '', issuer)
  const address = new URL(`${issuer.href}/upstream/${provider.name}/signed-out`)
  const isForm = request.method === 'POST'
  const message = { parameters, address, ...(!isForm && { query: search.slice(1) }) }
  const { upstream } = provider
  const asked = upstream.by === 'browser' ? await upstream.readSignOut?.(message) : undefined
  if (asked === undefined) {
    const state = (parameters.get('state') ?? parameters.get('RelayState') ?? '').slice(0, MOST_STATE)
    return goOnTo(tenant, { request, response }, await afterSignOut(tenant, ports, provider, state, message))
  }
  await demandFirstUse(tenant, asked.use)
  await endNoticed(tenant, ports, provider, asked.notice)
  const going = asked.answer()
  if ('location' in going) return goOnTo(tenant, { request, response }, going.location.href)
  const { title } = provider.spec
  sendPage(
    response,
    200,
    postPage({ organization: await tenant.title(), title, ...going }),
    going.action.href,
  )
}

/** However often it comes, and from however many at once. */
async function demandFirstUse({ provider }: Tenant, { issuer, id, until }: MessageUse): Promise<void> {
  const isFirst = await provider.ReplayDetection.unique(issuer, id, Math.ceil(until / 1000)).catch(
    (thrown: unknown) => {
      if (thrown instanceof errors.InvalidGrant) return false
      throw thrown
    },
  )
  if (!isFirst) throw upstreamFaults.refused({ internal: 'it was used before' })
}

async function readParameters(request: IncomingMessage, issuer: URL): Promise<ReadonlyMap<string, string>> {
  if (request.method === 'POST') return readForm(request, MOST_ANSWER)
  const parameters = new Map<string, string>()
  for (const [name, value] of new URL(request.url ?? '', issuer).searchParams) {
    // RFC 6749 §3.1: a parameter that comes twice could be read in two ways.
    if (parameters.has(name) || parameters.size === MOST_ANSWER.fields) throw upstreamFaults.expired()
    parameters.set(name, value)
  }
  return parameters
}
