import { LightSignal } from '@portcullis/kernel/signal'
import type { Attachment } from '@portcullis/model/attachment'
import { normalizeUpstream } from '@portcullis/model/resource/upstream'
import type { Revision, RevisionApi, RevisionOperation } from '@portcullis/model/revision'
import { Exchange, type IncomingRequest, type TlsFacts } from './exchange.ts'
import { HeaderList } from './message/header-list.ts'
import { refusalReply } from './message/problem.ts'
import type { Reply } from './message/reply.ts'
import type { AnyPolicy, Ports } from './policy.ts'
import type { Principal } from './principal.ts'
import { type EffectiveStep, effectiveSteps } from './step/effective-steps.ts'
import { type BoundStep, bindStep, type Ending, runReplySteps, runRequestSteps } from './step/run-steps.ts'

/** The smallest revision that is whole: one public operation, `GET /items` of `warehouse/v1` in `hmart/production`. */
export function testRevision(changes: Partial<Revision> = {}, api: Partial<RevisionApi> = {}): Revision {
  return {
    format: 1,
    organization: 'hmart',
    environment: 'production',
    number: 1,
    publishedAt: '2026-01-01T00:00:00.000Z',
    hosts: ['*'],
    issuer: { url: 'https://auth.example/hmart', jwksUri: 'https://auth.example/hmart/jwks' },
    policies: [],
    groups: [{ group: 'default', policies: [] }],
    apis: [
      {
        api: 'warehouse',
        version: 'v1',
        title: 'Warehouse',
        basePath: '/warehouse/v1',
        audience: 'https://api.example/warehouse/v1',
        upstream: normalizeUpstream('http://127.0.0.1:1'),
        classification: 'internal',
        deprecated: false,
        scopes: {},
        schemes: {},
        policies: [],
        operations: [{ id: 'listItems', method: 'GET', path: '/items', security: [], policies: [] }],
        ...api,
      },
    ],
    products: [],
    plans: [],
    subscriptions: [],
    otherEnvironments: [],
    externalApps: [],
    documentApps: [],
    addressLists: [],
    policySets: [],
    ...changes,
  }
}

export interface ExchangeOptions {
  readonly method?: string
  readonly target?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly remoteAddress?: string
  readonly revision?: Revision
  readonly principal?: Principal
  /** Of the path template. */
  readonly parameters?: Readonly<Record<string, string>>
  readonly preflight?: boolean
  readonly upgrade?: 'websocket'
  readonly receivedAt?: number
  readonly tls?: TlsFacts
  readonly body?: Uint8Array
}

/** An exchange that matched the first operation of the revision. */
export function testExchange(options: ExchangeOptions = {}): Exchange {
  const revision = options.revision ?? testRevision()
  const { api, operation } = firstOperation(revision)
  const request: IncomingRequest = {
    method: options.method ?? operation.method,
    target: options.target ?? `${api.basePath}${operation.path}`,
    headers: HeaderList.of(options.headers ?? {}),
    remoteAddress: options.remoteAddress ?? '192.0.2.1',
    signal: new LightSignal(),
    upgrade: options.upgrade,
    tls: options.tls,
    ...(options.body && { body: options.body }),
  }
  const x = new Exchange({
    id: 'dec_test',
    request,
    revision,
    receivedAt: options.receivedAt ?? Date.UTC(2026, 0, 1),
    match: { api, operation, parameters: options.parameters ?? {} },
    preflight: options.preflight ?? false,
  })
  if (options.principal !== undefined) x.apply({ identity: options.principal })
  return x
}

/** Binds one policy, attached to the operation of the exchange, as the gateway would. */
export function bindFor(
  policy: AnyPolicy,
  attachment: Partial<Attachment>,
  x: Exchange,
  ports: Partial<Ports> = {},
): BoundStep[] {
  const { api, operation } = firstOperation(x.revision)
  const attached: Attachment = {
    policy: policy.contract.id,
    mode: 'enforce',
    failOpen: false,
    config: {},
    ...attachment,
  }
  const steps: EffectiveStep[] = effectiveSteps([policy], {
    revision: x.revision,
    api,
    operation: { ...operation, policies: [attached] },
  })
  return steps.map((step) => bindStep(step, ports as Ports))
}

export interface Outcome {
  /** `undefined` when the call would go on to the backend. */
  readonly ending: Ending
  /** The reply after the reply steps; an empty 200 stands for the backend's. */
  readonly reply: Reply
  readonly x: Exchange
}

/** Runs bound steps through the real engine, both ways; then the call is over. */
export async function runThrough(steps: readonly BoundStep[], x: Exchange): Promise<Outcome> {
  const ending = await runRequestSteps(steps, x)
  x.isForwarded = ending === undefined
  const reply =
    ending === undefined
      ? { status: 200, headers: new HeaderList() }
      : ending.verdict === 'respond'
        ? ending.reply
        : refusalReply(ending, x.id)
  const left = runReplySteps(steps, x, reply)
  x.over()
  return { ending, reply: left, x }
}

/** `bindFor` and `runThrough` in one: what becomes of this call under this policy alone. */
export async function tryPolicy(
  policy: AnyPolicy,
  attachment: Partial<Attachment>,
  x: Exchange,
  ports: Partial<Ports> = {},
): Promise<Outcome> {
  return runThrough(bindFor(policy, attachment, x, ports), x)
}

function firstOperation(revision: Revision): { api: RevisionApi; operation: RevisionOperation } {
  const api = revision.apis[0]
  const operation = api?.operations[0]
  if (api === undefined || operation === undefined) throw new RangeError('the test revision has no operation')
  return { api, operation }
}
