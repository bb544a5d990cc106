import type { IncomingMessage, ServerResponse } from 'node:http'
import { fingerprintOf, Secret } from '@portcullis/kernel/secret'
import { provisioningTokens } from '@portcullis/model/collection'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import type { Store } from '@portcullis/ports/store/port'
import { faultOf } from '../problem.ts'
import type { Tenant } from '../tenant.ts'
import { MAX_RESULTS, resourceTypes, schemas, serviceProviderConfig } from './discovery.ts'
import { readFilter } from './filter.ts'
import {
  createGroup,
  deleteGroup,
  findGroup,
  listGroups,
  patchGroup,
  replaceGroup,
  writeGroup,
} from './groups.ts'
import { type Complex, fits } from './match.ts'
import { errorBody, ScimError, scimErrors } from './scim-error.ts'
import { writeUser } from './user.ts'
import {
  createUser,
  deleteUser,
  findUser,
  listUsers,
  patchUser,
  replaceUser,
  type ScimParts,
} from './users.ts'

const SCIM_TYPE = 'application/scim+json'
const MAX_BYTES = 64 * 1024

export interface ScimRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Path and query below the issuer: `/scim/v2/…`. */
  readonly rest: string
}

/** A kind of resource that clients may keep. */
interface Resources<K extends { readonly version: number }> {
  list(parts: ScimParts): Promise<readonly K[]>
  find(parts: ScimParts, id: string): Promise<K>
  create(parts: ScimParts, body: unknown): Promise<K>
  replace(parts: ScimParts, before: K, body: unknown): Promise<K>
  patch(parts: ScimParts, before: K, body: unknown): Promise<K>
  remove(parts: ScimParts, before: K): Promise<void>
  write(kept: K, base: string): Complex
}

/** The same for all kinds: what is found goes back to where it came from. */
interface AnyResources {
  all(parts: ScimParts): Promise<readonly Complex[]>
  create(parts: ScimParts, body: unknown): Promise<Complex>
  open(parts: ScimParts, id: string): Promise<Opened>
}

interface Opened {
  readonly written: Complex
  replace(body: unknown): Promise<Complex>
  patch(body: unknown): Promise<Complex>
  remove(): Promise<void>
}

function resourcesOf<K extends { readonly version: number }>(own: Resources<K>): AnyResources {
  return {
    all: async (parts) => (await own.list(parts)).map((each) => own.write(each, parts.base)),
    create: async (parts, body) => own.write(await own.create(parts, body), parts.base),
    async open(parts, id) {
      const found = await own.find(parts, id)
      return {
        written: own.write(found, parts.base),
        replace: async (body) => own.write(await own.replace(parts, found, body), parts.base),
        patch: async (body) => own.write(await own.patch(parts, found, body), parts.base),
        remove: () => own.remove(parts, found),
      }
    },
  }
}

const kinds: Readonly<Record<string, AnyResources>> = {
  Users: resourcesOf({
    list: listUsers,
    find: findUser,
    create: createUser,
    replace: replaceUser,
    patch: patchUser,
    remove: deleteUser,
    write: writeUser,
  }),
  Groups: resourcesOf({
    list: listGroups,
    find: findGroup,
    create: createGroup,
    replace: replaceGroup,
    patch: patchGroup,
    remove: deleteGroup,
    write: writeGroup,
  }),
}

/** Answers `<issuer>/scim/v2/…` (RFC 7644) to clients with a token of the organization. */
export async function serveScim(
  tenant: Tenant,
  ports: { readonly store: Store; readonly clock: Clock; readonly log: Log },
  { request, response, rest }: ScimRequest,
): Promise<void> {
  const parts: ScimParts = { ...ports, tenant, base: `${tenant.issuer.href}/scim/v2` }
  try {
    await demandToken(parts, request)
    const [path = '', query = ''] = rest.split('?', 2)
    const [kind = '', id, ...more] = path.split('/').slice(3)
    if (more.length > 0) throw scimErrors.notFound()
    const about = discovered(kind, id, parts.base)
    if (about !== undefined) return send(response, 200, request.method === 'GET' ? about : refuseMethod())
    const resources = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined
    if (resources === undefined) throw scimErrors.notFound()
    if (id === undefined) await answerAll(parts, resources, request, response, new URLSearchParams(query))
    else await answerOne(parts, resources, request, response, id)
  } catch (thrown) {
    sendError(parts, response, thrown)
  }
}

async function demandToken({ store, tenant }: ScimParts, request: IncomingMessage): Promise<void> {
  const token = /^Bearer ([\w-]{1,200})$/i.exec(request.headers.authorization ?? '')?.[1]
  const id = token === undefined ? undefined : fingerprintOf(new Secret(token))
  if (id === undefined || (await store.get(provisioningTokens, tenant.organization, id)) === undefined)
    throw scimErrors.unauthorized()
}

function discovered(kind: string, id: string | undefined, base: string): Complex | undefined {
  if (kind === 'ServiceProviderConfig' && id === undefined) return serviceProviderConfig(base)
  const lists: Readonly<Record<string, readonly Complex[]>> = {
    ResourceTypes: resourceTypes(base),
    Schemas: schemas(base),
  }
  const all = Object.hasOwn(lists, kind) ? lists[kind] : undefined
  if (all === undefined) return undefined
  if (id === undefined) return listOf(all, all.length, 1)
  const one = all.find((each) => each.id === id)
  if (one === undefined) throw scimErrors.notFound()
  return one
}

async function answerAll(
  parts: ScimParts,
  resources: AnyResources,
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
): Promise<void> {
  if (request.method === 'POST') {
    const made = await resources.create(parts, await readBody(request))
    response.setHeader('Location', String((made.meta as Complex).location))
    return sendResource(response, 201, made)
  }
  if (request.method !== 'GET') refuseMethod()
  const filter = query.get('filter')
  const asked = filter === null ? undefined : readFilter(filter)
  const written = await resources.all(parts)
  const fitting = asked === undefined ? written : written.filter((each) => fits(each, asked))
  // RFC 7644 §3.4.2.4: what is below 1 is 1, what is below 0 is 0.
  const start = Math.max(1, wholeNumber(query.get('startIndex'), 1))
  const count = Math.min(MAX_RESULTS, Math.max(0, wholeNumber(query.get('count'), MAX_RESULTS)))
  send(response, 200, listOf(fitting.slice(start - 1, start - 1 + count), fitting.length, start))
}

async function answerOne(
  parts: ScimParts,
  resources: AnyResources,
  request: IncomingMessage,
  response: ServerResponse,
  id: string,
): Promise<void> {
  const opened = await resources.open(parts, id)
  const { written: before } = opened
  const etag = String((before.meta as Complex).version)
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== etag) throw scimErrors.changed()
  switch (request.method) {
    case 'GET':
      if (ifNoneMatch !== etag) return sendResource(response, 200, before)
      response.writeHead(304, { ETag: etag }).end()
      return
    case 'PUT':
      return sendResource(response, 200, await opened.replace(await readBody(request)))
    case 'PATCH':
      return sendResource(response, 200, await opened.patch(await readBody(request)))
    case 'DELETE':
      await opened.remove()
      response.writeHead(204).end()
      return
    default:
      refuseMethod()
  }
}

function listOf(resources: readonly Complex[], total: number, startIndex: number): Complex {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: total,
    startIndex,
    itemsPerPage: resources.length,
    Resources: resources,
  }
}

function sendResource(response: ServerResponse, status: number, resource: Complex): void {
  response.setHeader('ETag', String((resource.meta as Complex).version))
  send(response, status, resource)
}

function send(response: ServerResponse, status: number, body: object): void {
  response.statusCode = status
  response.setHeader('Content-Type', SCIM_TYPE)
  response.setHeader('Cache-Control', 'no-store')
  response.end(JSON.stringify(body))
}

function sendError(
  { log, tenant: { organization } }: ScimParts,
  response: ServerResponse,
  thrown: unknown,
): void {
  if (thrown instanceof ScimError) {
    if (thrown.status === 401) response.setHeader('WWW-Authenticate', 'Bearer realm="scim"')
    send(response, thrown.status, errorBody(thrown))
    return
  }
  const { status } = faultOf(thrown)
  if (status >= 500) log.error('provisioning failed', { organization, error: thrown })
  send(response, status, errorBody(new ScimError(status, 'Something went wrong on our side. Try again.')))
}

function refuseMethod(): never {
  throw scimErrors.method()
}

function wholeNumber(text: string | null, otherwise: number): number {
  if (text === null) return otherwise
  if (!/^-?\d{1,9}$/.test(text)) throw scimErrors.value('startIndex and count are whole numbers.')
  return Number(text)
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if (type !== SCIM_TYPE && type !== 'application/json') throw scimErrors.syntax(`Send it as ${SCIM_TYPE}.`)
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length
    if (bytes > MAX_BYTES) throw scimErrors.tooLarge()
    pieces.push(piece)
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8'))
  } catch {
    throw scimErrors.syntax('The body is no JSON.')
  }
}
