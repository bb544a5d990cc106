import { generateKeyPairSync } from 'node:crypto'
import { openPipeline } from '@portcullis/gateway/pipeline'
import { openOutbox } from '@portcullis/gateway/thread/outbox'
import { isComing } from '@portcullis/kernel/later'
import { Secret } from '@portcullis/kernel/secret'
import type { Attachment } from '@portcullis/model/attachment'
import type { Revision, RevisionApi } from '@portcullis/model/revision'
import type { SecurityScheme } from '@portcullis/model/security'
import { catalog } from '@portcullis/policies/catalog'
import type { IncomingRequest } from '@portcullis/policy-kit/exchange'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Reply } from '@portcullis/policy-kit/message/reply'
import { openMemoryAssertions } from '@portcullis/ports/assertions/memory'
import { openMemoryIdentities } from '@portcullis/ports/identities/memory'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { openMemoryWeb } from '@portcullis/ports/web/memory'
import { systemClock } from '@portcullis/system/system-clock'
import { issueKeys } from '../world/api-keys.ts'
import { openBenchPorts } from '../world/bench-ports.ts'
import type { Issuer } from '../world/issuer.ts'
import { worldRevision } from '../world/revision.ts'
import { cedarPolicies } from './cedar-policies.ts'
import type { PolicyCase } from './policy-case.ts'

/** A gateway's pipeline with the policies of one case, and requests for it. */
export interface Calls extends AsyncDisposable {
  /** Makes so many calls, one after the other. Rejects at the first that is answered otherwise than it should be. */
  make(count: number): Promise<void>
}

const ASKED_AT = '/access/v1/evaluation'
/** Of identity tokens. */
const newKey = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()

const JWKS_URI = 'https://auth.example/jwks'
/** What the policy `mock` answers. */
const EXAMPLES = [{ status: 200, mediaType: 'application/json', body: '{"id":77}' }]
/** As many as there are tokens in turn. */
const KEYS = 1_000

/** Whom the directory knows. */
const people = {
  ada: {
    subject: 'ada',
    roles: ['clerk'],
    groups: [],
    attributes: {},
    password: new Secret('correct horse'),
  },
}

/** As a small app sends them and a listener hands them over. */
const REQUEST_FIELDS = ['Host', 'api.example', 'User-Agent', 'bench/1', 'Accept', 'application/json']
const REPLY_FIELDS = ['Content-Type', 'application/json', 'Content-Length', '1024', 'Server', 'backend']

/**
 * Opens the pipeline as the gateway does, with its counters, keys and clock, and with decision records gathered and
 * handed on; in the place of the backend is one that answers at once.
 */
export async function openCalls(bench: PolicyCase, issuer: Issuer): Promise<Calls> {
  const clock = systemClock()
  const common = openBenchPorts(clock, issuer.jwks)
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
  const outbox = openOutbox(
    () => queueMicrotask(() => outbox.taken()),
    (fields) => fields,
  )
  const body = new Uint8Array(1024)
  const keysOfApp = issueKeys(KEYS)
  common.apiKeys.add(keysOfApp.known, KEYS)
  const { assertions, issue } = openMemoryAssertions()
  const pipeline = openPipeline({
    catalog: catalog.filter((policy) => Object.hasOwn(bench.policies, policy.contract.id)),
    ports: {
      ...common,
      identities: openMemoryIdentities(people),
      assertions,
      web: openMemoryWeb(bench.sites ?? {}),
      vault: openMemoryVault({ bench: 'of-no-use-elsewhere', 'bench-key': newKey() }),
    },
    forwarder: {
      forward: async () => ({ status: 200, headers: new HeaderList([...REPLY_FIELDS]), body }),
    },
    record: outbox.record,
    clock,
    log,
  })
  const revision = revisionFor(bench)
  await pipeline.load(revision)
  pipeline.swap([revision])

  const ownFields =
    bench.assertion === undefined
      ? (bench.fields?.(issuer, keysOfApp) ?? [[]])
      : [['Authorization', `SAML ${Buffer.from(issue(bench.assertion)).toString('base64')}`]]
  const fields = ownFields.map((extra) => [...REQUEST_FIELDS, ...extra])
  const question = bench.question === undefined ? undefined : Buffer.from(bench.question)
  const { signal } = new AbortController()
  const tls = bench.certificate && {
    ...{ version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256', serverName: undefined },
    clientCertificate: { der: bench.certificate, verified: true },
  }
  let turn = 0

  function next(): IncomingRequest {
    turn = (turn + 1) % fields.length
    return {
      ...(question === undefined
        ? { method: 'GET', target: '/shop/v1/items-1/77', ...(bench.body && { body: bench.body }) }
        : { method: 'POST', target: `/shop/v1${ASKED_AT}`, body: question }),
      headers: new HeaderList((fields[turn] as string[]).slice()),
      remoteAddress: '192.0.2.7',
      scheme: 'http',
      tls,
      signal,
    }
  }

  return {
    async make(count) {
      for (let i = 0; i < count; i++) {
        const answer = pipeline.handle(next())
        demandSuccess(bench, isComing(answer) ? await answer : answer)
      }
    },
    async [Symbol.asyncDispose]() {
      pipeline.close()
      await outbox.empty()
      await common.counters.close()
    },
  }
}

/** The world of the proxy benchmark, its shop with the policies of the case alone. */
function revisionFor({ policies, scheme, question, cedarPolicies: count }: PolicyCase): Revision {
  const world = worldRevision({ upstream: 'http://127.0.0.1:1', jwksUri: JWKS_URI }, 10)
  const attachments = Object.entries(policies).map(
    ([policy, config]): Attachment => ({ policy, mode: 'enforce', failOpen: false, config }),
  )
  const apis = world.apis.map((each): RevisionApi => {
    const api = scheme === undefined ? each : demanding(each, scheme)
    if (api.api !== 'shop') return { ...api, policies: [] }
    const operations = api.operations.map((operation) => ({ ...operation, replies: EXAMPLES }))
    return {
      ...api,
      policies: attachments,
      operations: question === undefined ? operations : [...operations, asking],
    }
  })
  return { ...world, apis, policySets: count === undefined ? [] : [cedarPolicies(count)] }
}

const asking: RevisionApi['operations'][number] = {
  id: 'ask',
  method: 'POST',
  path: ASKED_AT,
  security: [{ login: ['list_items'] }],
  policies: [],
}

function demanding(api: RevisionApi, scheme: SecurityScheme): RevisionApi {
  const operations = api.operations.map((each) => ({ ...each, security: [{ demanded: [] }] }))
  return { ...api, schemes: { demanded: scheme }, operations }
}

/** A refusal is quicker than a reply: a case with refusals would lie. */
function demandSuccess({ name, answer = 200 }: PolicyCase, { status, body }: Reply): void {
  if (status === answer) return
  const text = body instanceof Uint8Array ? Buffer.from(body).toString() : ''
  throw new Error(`${name}: a call was answered with ${status} ${text}`)
}

function quiet(): void {}
