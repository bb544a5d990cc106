import type { IncomingMessage, ServerResponse } from 'node:http'
import { addressGroup } from '@portcullis/oauth/address-group'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Counters, Limit } from '@portcullis/ports/counters/port'
import type { Log } from '@portcullis/ports/log/port'
import type { Store } from '@portcullis/ports/store/port'
import { authserverFaults } from '../fault.ts'
import type { Tenant } from '../tenant.ts'
import { describeApp } from './answer.ts'
import { RegistrationError } from './fault.ts'
import { endRegistration, findManaged, updateRegistration } from './manage.ts'
import { register } from './register.ts'
import { bearerToken, readMetadata } from './request.ts'

export interface RegistrationPorts {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly counters: Counters
}

export interface RegistrationRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** From the path; absent where an app registers. */
  readonly app: string | undefined
  /** Of the caller. */
  readonly address: string
}

/** From one place, right or wrong. */
const LIMIT: Limit = { limit: 60, windowMillis: 600_000, burst: 60 }

/** Where apps register (RFC 7591) and manage what they registered (RFC 7592): `/register`, `/register/<app>`. */
export const REGISTRATION_PATH = /^\/register(?:\/([a-z][a-z0-9-]{0,62}))?$/

export async function serveRegistration(
  tenant: Tenant,
  ports: RegistrationPorts,
  { request, response, app, address }: RegistrationRequest,
): Promise<void> {
  response.setHeader('Cache-Control', 'no-store')
  try {
    await limit(tenant, ports, address)
    const answer = await answerTo(tenant, ports, request, app)
    response.statusCode = answer === undefined ? 204 : app === undefined ? 201 : 200
    send(response, answer)
  } catch (thrown) {
    if (!(thrown instanceof RegistrationError)) throw thrown
    const { status, error, message, retryAfterSeconds } = thrown
    ports.log.warn('registration refused', { organization: tenant.organization, error, reason: message, app })
    response.statusCode = status
    if (status === 401) response.setHeader('WWW-Authenticate', `Bearer error="${error}"`)
    if (retryAfterSeconds !== undefined) response.setHeader('Retry-After', retryAfterSeconds)
    if (!request.complete) response.setHeader('Connection', 'close')
    send(response, { error, error_description: message })
  }
}

async function answerTo(
  tenant: Tenant,
  ports: RegistrationPorts,
  request: IncomingMessage,
  name: string | undefined,
): Promise<Record<string, unknown> | undefined> {
  const token = bearerToken(request)
  const { method } = request
  if (name === undefined) {
    if (method !== 'POST') throw authserverFaults['method-not-allowed']()
    return register(tenant, ports, await readMetadata(request), token)
  }
  const managed = await findManaged(tenant, ports, name, token)
  switch (method) {
    case 'GET':
      return describeApp(tenant, name, managed.app, { token: managed.token })
    case 'PUT':
      return updateRegistration(tenant, ports, managed, await readMetadata(request))
    case 'DELETE':
      await endRegistration(tenant, ports, managed)
      return undefined
    default:
      throw authserverFaults['method-not-allowed']()
  }
}

async function limit(
  { organization }: Tenant,
  { counters }: RegistrationPorts,
  address: string,
): Promise<void> {
  const take = await counters.take(`registration/${organization}/${addressGroup(address)}`, LIMIT, 1)
  if (take.taken) return
  const seconds = Math.ceil(take.retryAfterMillis / 1000)
  throw new RegistrationError(429, 'temporarily_unavailable', 'too many registrations from here', seconds)
}

function send(response: ServerResponse, body: unknown): void {
  if (body !== undefined) response.setHeader('Content-Type', 'application/json')
  response.end(body === undefined ? undefined : JSON.stringify(body))
}
