import { OpenAPIHono } from '@hono/zod-openapi'
import { getDocument } from '@portcullis/api-client/route/document'
import { BASE_PATH, routes } from '@portcullis/api-client/route/routes'
import { pointer } from '@portcullis/kernel/schema'
import { audienceOf } from '@portcullis/model/audience'
import { SYSTEM } from '@portcullis/model/collection'
import type { Finding } from '@portcullis/model/finding/finding'
import { FindingsFault } from '@portcullis/model/finding/findings-fault'
import { ownExpectations } from '@portcullis/policies/jwt/expectations'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Keys } from '@portcullis/ports/keys/port'
import type { Log } from '@portcullis/ports/log/port'
import { secureHeaders } from 'hono/secure-headers'
import type { ControlPlane } from '../control-plane.ts'
import { issuerOf } from '../revision/compile-revision.ts'
import type { AuthorizeOptions, CallerEnv } from './authorize.ts'
import { managementDocument } from './document.ts'
import type { EventStreams } from './event-streams.ts'
import { managementFaults } from './fault.ts'
import { handleAddressLists } from './handle-address-lists.ts'
import { handleApprovals } from './handle-approvals.ts'
import { handleBundles } from './handle-bundles.ts'
import { handleCredentials } from './handle-credentials.ts'
import { handleDisconnections } from './handle-disconnections.ts'
import { handleEntitlements } from './handle-entitlements.ts'
import { handleFederation } from './handle-federation.ts'
import { handleGateways } from './handle-gateways.ts'
import { handleProvisioning } from './handle-provisioning.ts'
import { handlePublished } from './handle-published.ts'
import { handleRegistrations } from './handle-registrations.ts'
import { handleResources } from './handle-resources.ts'
import { handleRevocations } from './handle-revocations.ts'
import { handleSigningKeys } from './handle-signing-keys.ts'
import { mounting } from './mount.ts'
import { problemResponse } from './problem.ts'

export interface AppOptions {
  readonly keys: Keys
  readonly clock: Clock
  readonly log: Log
  /** Where callers find the control plane: the base of its audience. */
  readonly url: string
  /** The authorization server, without organization. */
  readonly authserverUrl: string
}

/** Nothing that is served here is a page. */
const HEADERS = {
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  xFrameOptions: 'DENY',
}

/** The management API as a function from requests to responses. */
export function createApp(
  controlPlane: ControlPlane,
  streams: EventStreams,
  options: AppOptions,
): OpenAPIHono<CallerEnv> {
  const { log, url, authserverUrl } = options
  const app = new OpenAPIHono<CallerEnv>({ defaultHook: (result) => refuseInvalid(result) })
  app.use(secureHeaders(HEADERS))
  app.onError((thrown, c) => problemResponse(thrown, log, { method: c.req.method, path: c.req.path }))
  app.notFound((c) =>
    problemResponse(managementFaults['not-found'](), log, { method: c.req.method, path: c.req.path }),
  )
  app.get('/health', (c) => c.json({ status: 'ok' }))
  const api = app.basePath(BASE_PATH)
  const mount = mounting(api, authorizeOptions(options))
  const document = managementDocument({ controlPlaneUrl: url, authserverUrl })
  mount(getDocument, (c) => c.json(document, 200))
  handleBundles(mount, controlPlane)
  handleResources(mount, controlPlane)
  handleAddressLists(mount, controlPlane)
  handleCredentials(mount, controlPlane)
  handleProvisioning(mount, controlPlane)
  handlePublished(mount, controlPlane)
  handleGateways(mount, controlPlane, streams)
  handleRevocations(mount, controlPlane)
  handleDisconnections(mount, controlPlane)
  handleSigningKeys(mount, controlPlane)
  handleApprovals(mount, controlPlane)
  handleEntitlements(mount, controlPlane)
  handleFederation(mount, controlPlane)
  handleRegistrations(mount, controlPlane)
  demandAll(api)
  return app
}

/** Tokens of the system organization for this very API, and no others (RFC 9068 §4). */
function authorizeOptions({ keys, clock, url, authserverUrl }: AppOptions): AuthorizeOptions {
  const { url: issuer, jwksUri } = issuerOf(authserverUrl, SYSTEM)
  const audience = audienceOf(url, BASE_PATH)
  return { keys, clock, audience, expected: ownExpectations({ issuer, jwksUri }, audience) }
}

/** What the document promises is served. */
function demandAll(api: OpenAPIHono<CallerEnv>): void {
  const served = new Set(
    api.openAPIRegistry.definitions.flatMap((each) => ('route' in each ? [each.route.operationId] : [])),
  )
  const missing = Object.keys(routes).filter((name) => !served.has(name))
  if (missing.length > 0) throw new TypeError(`nothing serves ${missing.join(', ')}`)
}

interface Validation {
  readonly target: string
  readonly success: boolean
  readonly error?: { readonly issues: readonly { readonly path: PropertyKey[]; readonly message: string }[] }
}

function refuseInvalid(result: Validation): void {
  if (result.success) return
  const { code, remedy } = managementFaults['bad-value']
  const findings = (result.error?.issues ?? []).slice(0, 100).map((issue): Finding => {
    const path = pointer(issue.path)
    return { severity: 'error', code, message: `${result.target}: ${issue.message}`, remedy, path }
  })
  throw new FindingsFault(code, managementFaults['bad-value'], findings)
}
