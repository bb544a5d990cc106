import { MAX_API_KEYS } from '@portcullis/api-client/route/api-key'
import type { ChangeResult, ResourceChange, RevisionNotice } from '@portcullis/api-client/route/bundle'
import type { CredentialView } from '@portcullis/api-client/route/credential'
import type { Acknowledgement, GatewayState, PasswordAnswer } from '@portcullis/api-client/route/gateway'
import type { PolicyReport, PolicyReportQuery } from '@portcullis/api-client/route/policy-report'
import type { OperationPlan, RevisionKey } from '@portcullis/api-client/route/revision'
import type { SigningKeyView } from '@portcullis/api-client/route/signing-key'
import { defineFaults } from '@portcullis/kernel/fault'
import type { Secret } from '@portcullis/kernel/secret'
import type { AuditRecord } from '@portcullis/model/audit'
import type { SignedRevision } from '@portcullis/model/collection'
import type { ApiKey } from '@portcullis/model/credential/api-key'
import type { Decision } from '@portcullis/model/decision/decision'
import { endRecordId } from '@portcullis/model/decision/ending'
import { explainDecision } from '@portcullis/model/explain/explain'
import type { Finding } from '@portcullis/model/finding/finding'
import { FindingsFault } from '@portcullis/model/finding/findings-fault'
import { type Kind, type Resource, resourceId } from '@portcullis/model/resource/resource'
import { type Approvals, openApprovals } from '@portcullis/oauth/approval/approvals'
import { readAudit } from '@portcullis/oauth/audit/audit'
import type { SignInAttempt } from '@portcullis/oauth/sign-in/sign-in'
import type { Catalog } from '@portcullis/policy-kit/policy'
import type { Breaches } from '@portcullis/ports/breaches/port'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Counters } from '@portcullis/ports/counters/port'
import type { EventQuery, Events, ObservedQuery, ObservedRefusals } from '@portcullis/ports/events/port'
import type { Log } from '@portcullis/ports/log/port'
import type { Mail } from '@portcullis/ports/mail/port'
import type { Secrets } from '@portcullis/ports/secrets/port'
import type { Document, Store } from '@portcullis/ports/store/port'
import type { Fetch } from './address-list/fetch-list.ts'
import { type FetchedLists, openFetchedLists } from './address-list/fetched-lists.ts'
import type { Bundle } from './bundle/bundle.ts'
import type { Declared } from './bundle/declared.ts'
import { readBundle } from './bundle/read-bundle.ts'
import { writeBundle } from './bundle/write-bundle.ts'
import { Changer, refuseErrors } from './change/changer.ts'
import { CompiledContracts } from './change/compile-contracts.ts'
import {
  bundleOf,
  demandVersion,
  getResource,
  listResources,
  type ResourceName,
  withoutFile,
} from './change/single-resource.ts'
import { modelFaults } from './check/fault.ts'
import { type ContractCompiler, openContractCompiler } from './contract/contract-compiler.ts'
import { readApiKeys } from './credential/api-keys.ts'
import { passwordChecker } from './credential/check-password.ts'
import {
  type IssuedCredential,
  type IssueOptions,
  issueCredential,
  listCredentials,
  revokeCredential,
} from './credential/credentials.ts'
import { inviteUser } from './credential/invite-user.ts'
import { openProvisioningTokens, type ProvisioningTokens } from './credential/provisioning-tokens.ts'
import { removeSecondFactor } from './credential/remove-second-factor.ts'
import { setPassword } from './credential/set-password.ts'
import { type ControlledDisconnections, openDisconnections } from './disconnection/disconnections.ts'
import { type ControlledEntitlements, openEntitlements } from './entitlement/entitlements.ts'
import { faultLookup } from './explain/fault-lookup.ts'
import { type FederatedAccounts, openFederatedAccounts } from './federation/federated-accounts.ts'
import { acknowledge, listGateways } from './gateway/acknowledgements.ts'
import { listServed, type PublishedRevision, readRevision, readSigned } from './gateway/published.ts'
import { type NewsListener, NewsWatch } from './news/watch-news.ts'
import { type RevisionListener, RevisionWatch } from './news/watch-revisions.ts'
import { type PlannedCall, planOperation } from './plan/plan-operation.ts'
import { type ControlledRegistrations, openRegistrations } from './registration/registrations.ts'
import { reportPolicies } from './report/report-policies.ts'
import { republishMoved } from './revision/republish-moved.ts'
import { openSigningKey } from './revision/signing-key.ts'
import { type ControlledRevocations, openRevocations } from './revocation/revocations.ts'
import { listSigningKeys, removeSigningKey, rotateSigningKeys } from './signing-key/signing-keys.ts'
import { listOrganizations, loadState } from './state/load-state.ts'
import type { Edit, State } from './state/state.ts'

export const decisionFaults = defineFaults('decision', {
  unknown: {
    status: 404,
    title: 'There is no such decision record',
    remedy:
      'Take the id from `Portcullis-Decision`. Records arrive within a second and are kept for a limited time.',
  },
})

export interface ControlPlaneOptions {
  readonly store: Store
  readonly events: Events
  readonly secrets: Secrets
  readonly clock: Clock
  /** Limits guesses at passwords. */
  readonly counters: Counters
  readonly log: Log
  readonly catalog: Catalog
  /** Refuse passwords that others lost. */
  readonly breaches: Breaches
  /** Users are not invited without it. */
  readonly mail?: Mail | undefined
  /** The authorization server, without organization. */
  readonly authserverUrl: string
  /** Where callers find the control plane. */
  readonly url: string
  /** Fetches address lists; the process's own when absent. */
  readonly fetch?: Fetch
  /** One that others use too, and somebody else closes. */
  readonly compiler?: ContractCompiler
}

/** Who makes a change, as the token or the composition names them. */
export interface By {
  readonly actor: string
}

interface PruneOption {
  readonly prune?: boolean
}

/** Everything that is declared, published and known of the installation, without any HTTP around it. */
export interface ControlPlane {
  /** Everything that is wrong or dangerous in a bundle, checked against all that is stored. */
  validate(bundle: Bundle): Promise<Finding[]>
  /** What applying it would change. @throws bundle.invalid */
  diff(bundle: Bundle, options?: PruneOption): Promise<{ changes: ResourceChange[]; warnings: Finding[] }>
  /** Applies it in one transaction. @throws bundle.invalid (with every finding) */
  apply(bundle: Bundle, options: PruneOption & By): Promise<ChangeResult>
  /** The declarations of one organization or of all, in canonical form: applied again they change nothing. */
  exportFiles(organization?: string): Promise<Bundle>
  readonly resources: {
    list(organization: string, kind?: Kind): Promise<Resource[]>
    get(name: ResourceName): Promise<Document<Resource>>
    /** `files` are new contract files of an API at the paths of an export; the others stay. */
    put(
      resource: ResourceName & { readonly spec: unknown },
      options: By & { readonly files?: Bundle; readonly version?: number },
    ): Promise<ChangeResult>
    remove(name: ResourceName, options: By): Promise<ChangeResult>
  }
  issueCredential(
    organization: string,
    app: string,
    options?: IssueOptions & Partial<By>,
  ): Promise<IssuedCredential>
  listCredentials(organization: string, app: string): Promise<CredentialView[]>
  revokeCredential(
    organization: string,
    app: string,
    id: string,
    options?: Partial<By>,
  ): Promise<CredentialView>
  setPassword(organization: string, user: string, password: Secret, options?: Partial<By>): Promise<void>
  /** Sends a link by mail, by which to choose a first password. */
  inviteUser(organization: string, user: string, options?: Partial<By>): Promise<void>
  readonly provisioningTokens: ProvisioningTokens
  removeSecondFactor(organization: string, user: string, options?: Partial<By>): Promise<void>
  /** Whether a name and a password that came with a call are those of a user. */
  checkPassword(attempt: SignInAttempt): Promise<PasswordAnswer>
  /** The API keys that were issued or revoked after a position, as gateways need to know them. */
  apiKeys(after: number): Promise<{ position: number; complete: boolean; apiKeys: ApiKey[] }>
  /** A published revision; the live one without a number. */
  revision(organization: string, environment: string, number?: number): Promise<PublishedRevision>
  /** The live revision as it was signed, without reading it. */
  signedRevision(organization: string, environment: string): Promise<SignedRevision>
  /** The live revision of every environment that gateways enforce. */
  environments(): Promise<RevisionNotice[]>
  plan(organization: string, environment: string, call: PlannedCall): Promise<OperationPlan>
  /** Which policies of the live revision mention what is asked for, what nobody can call, and what contradicts what. */
  reportPolicies(organization: string, environment: string, query?: PolicyReportQuery): Promise<PolicyReport>
  explain(organization: string, id: string): Promise<{ decision: Decision; words: string[] }>
  decisions(organization: string, query: EventQuery): Promise<readonly Decision[]>
  /** What observed steps would have refused. */
  observed(organization: string, query: ObservedQuery): Promise<readonly ObservedRefusals[]>
  /** Keeps what gateways decided. */
  report(decisions: readonly Decision[]): Promise<void>
  acknowledge(acknowledgement: Acknowledgement): Promise<void>
  gateways(): Promise<GatewayState[]>
  readonly revocations: ControlledRevocations
  readonly disconnections: ControlledDisconnections
  readonly signingKeys: {
    list(organization: string): Promise<SigningKeyView[]>
    rotate(organization: string, actor: string): Promise<SigningKeyView[]>
    remove(organization: string, kid: string, actor: string): Promise<SigningKeyView[]>
  }
  /** Those that others keep. */
  readonly addressLists: Pick<FetchedLists, 'list' | 'look'>
  readonly approvals: Approvals
  readonly entitlements: ControlledEntitlements
  readonly federatedAccounts: FederatedAccounts
  /** What people decided, gave and took back; the newest first. */
  audit(organization: string, limit: number): Promise<AuditRecord[]>
  readonly registrations: ControlledRegistrations
  /** The public half of the key with which revisions are signed. */
  revisionKey(): RevisionKey
  /** Calls back once a new revision is in force; the answer ends that. */
  onRevision(listener: RevisionListener): () => void
  /** Calls back with the newest position of a topic; the answer ends that. */
  onNews(listener: NewsListener): () => void
  close(): Promise<void>
}

/** Whoever runs the process, where nobody else is named. */
const OPERATOR = 'operator'

export async function createControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const { store, events, secrets, clock, counters, log, catalog, authserverUrl } = options
  const key = await openSigningKey(store, secrets, clock.now())
  const compiler = options.compiler ?? openContractCompiler()
  const contracts = new CompiledContracts(compiler)
  const revisionNews = new RevisionWatch(store, log)
  const changer = new Changer({
    store,
    clock,
    log,
    catalog,
    contracts,
    key,
    authserverUrl,
    news: revisionNews,
  })
  const parts = { store, breaches: options.breaches, clock, changer }
  const news = new NewsWatch(store, log)
  const lists = openFetchedLists({
    ...{ store, clock, log, get: options.fetch ?? fetch },
    publish: (organization) =>
      changer.make({ declared: [], remove: [], prune: false }, 'address-lists', {
        extra: new Set([organization]),
      }),
  })
  const revocations = openRevocations({ store, clock, log, authserverUrl, news })
  const approvals = openApprovals({ store, clock, log })
  const faults = faultLookup(catalog)
  await republishMoved(store, changer, authserverUrl, log)

  return {
    async validate(bundle) {
      const { declared, findings } = readBundle(bundle)
      if (findings.length > 0) return [...findings, ...(await wrongWithRest(changer, declared))]
      return (await changer.preview({ declared, remove: [], prune: false })).findings
    },
    async diff(bundle, { prune = false } = {}) {
      const { changes, findings } = await changer.preview(await editOf(changer, bundle, prune))
      refuseErrors(findings)
      return { changes, warnings: findings }
    },
    async apply(bundle, { prune = false, actor }) {
      const made = await changer.make(await editOf(changer, bundle, prune), actor)
      void lists.look()
      return made
    },
    async exportFiles(organization) {
      const wanted = organization === undefined ? await listOrganizations(store) : [organization]
      return writeBundle(onlyOf(wanted, await loadState(store, new Set(wanted))))
    },
    resources: {
      list: (organization, kind) => listResources(store, organization, kind),
      get: (name) => getResource(store, name),
      put: (resource, how) => putResource(store, changer, resource, how),
      async remove(name, { actor }) {
        await getResource(store, name)
        return changer.make({ declared: [], remove: [resourceId(name)], prune: false }, actor)
      },
    },
    async issueCredential(organization, app, { actor = OPERATOR, ...how } = {}) {
      const issued = await issueCredential(parts, organization, app, { ...how, actor })
      await news.look('api-key')
      return issued
    },
    listCredentials: (organization, app) => listCredentials(parts, organization, app),
    async revokeCredential(organization, app, id, { actor = OPERATOR } = {}) {
      const revoked = await revokeCredential(parts, organization, app, id, { actor })
      await news.look('api-key')
      return revoked
    },
    async apiKeys(after) {
      const { position, entries } = await readApiKeys(store, after, MAX_API_KEYS)
      return { position, complete: entries.length < MAX_API_KEYS, apiKeys: [...entries] }
    },
    setPassword: (organization, user, password, { actor = OPERATOR } = {}) =>
      setPassword(parts, organization, user, password, { actor }),
    checkPassword: passwordChecker(store, counters),
    inviteUser: (organization, user, { actor = OPERATOR } = {}) =>
      inviteUser({ ...parts, mail: options.mail, authserverUrl }, organization, user, { actor }),
    provisioningTokens: openProvisioningTokens(parts),
    removeSecondFactor: (organization, user, { actor = OPERATOR } = {}) =>
      removeSecondFactor(parts, organization, user, { actor }),
    revision: (organization, environment, number) => readRevision(store, organization, environment, number),
    signedRevision: (organization, environment) => readSigned(store, organization, environment),
    environments: () => listServed(store),
    async plan(organization, environment, call) {
      const { revision } = await readRevision(store, organization, environment)
      return planOperation(catalog, revision, call)
    },
    async reportPolicies(organization, environment, query = {}) {
      const { revision } = await readRevision(store, organization, environment)
      return reportPolicies(catalog, revision, query)
    },
    async explain(organization, id) {
      const decision = await events.get(organization, id)
      if (decision === undefined) throw decisionFaults.unknown()
      // Of a call that went on there is a second record, once it has ended.
      const end = await events.get(organization, endRecordId(id))
      const words = [decision, ...(end === undefined ? [] : [end])]
      return { decision, words: words.flatMap((each) => explainDecision(each, faults)) }
    },
    decisions: (organization, query) => events.find(organization, query),
    observed: (organization, query) => events.observed(organization, query),
    report: (decisions) => events.append(decisions),
    acknowledge: (said) => acknowledge(store, clock, said),
    gateways: () => listGateways(store),
    disconnections: openDisconnections({ store, clock, log, news }),
    revocations,
    entitlements: openEntitlements({ store, clock, log }, revocations),
    federatedAccounts: openFederatedAccounts({ store, clock, log }, revocations),
    audit: (organization, limit) => readAudit(store, organization, limit),
    signingKeys: {
      list: (organization) => listSigningKeys(store, organization),
      rotate: (organization, actor) => rotateSigningKeys({ store, clock, log }, organization, actor),
      remove: (organization, kid, actor) => removeSigningKey({ store, clock, log }, organization, kid, actor),
    },
    approvals,
    registrations: openRegistrations({ store, secrets, clock, changer, approvals, authserverUrl }),
    revisionKey: () => key.publicJwk,
    onRevision: (listener) => revisionNews.listen(listener),
    onNews: (listener) => news.listen(listener),
    addressLists: lists,
    async close() {
      await lists.close()
      if (options.compiler === undefined) await compiler.close()
    },
  }
}

/** The edit that a bundle asks for. @throws bundle.invalid with everything that is wrong, not only what can't be read */
async function editOf(changer: Changer, bundle: Bundle, prune: boolean): Promise<Edit> {
  const { declared, findings } = readBundle(bundle)
  if (findings.length > 0) refuseErrors([...findings, ...(await wrongWithRest(changer, declared))])
  return { declared, remove: [], prune }
}

/** What may only seem wrong because a declaration could not be read. */
const CONSEQUENCES: ReadonlySet<string> = new Set(
  [modelFaults['unknown-organization'], modelFaults['unknown-reference'], modelFaults['unknown-scope']].map(
    ({ code }) => code,
  ),
)

/** What is wrong by itself with the declarations that could be read, so that all can be mended at once. */
async function wrongWithRest(changer: Changer, declared: readonly Declared[]): Promise<Finding[]> {
  const { findings } = await changer.preview({ declared, remove: [], prune: false })
  return findings.filter(({ severity, code }) => severity === 'error' && !CONSEQUENCES.has(code))
}

async function putResource(
  store: Store,
  changer: Changer,
  resource: ResourceName & { readonly spec: unknown },
  { actor, files = {}, version }: Parameters<ControlPlane['resources']['put']>[1],
): Promise<ChangeResult> {
  const { bundle, spare } = await bundleOf(store, resource, files)
  const { declared, findings } = readBundle(bundle, spare)
  try {
    refuseErrors(findings)
    const before = version === undefined ? undefined : () => demandVersion(store, resource, version)
    const result = await changer.make({ declared, remove: [], prune: false }, actor, { before })
    return { ...result, warnings: withoutFile(result.warnings, resource) }
  } catch (thrown) {
    if (!(thrown instanceof FindingsFault)) throw thrown
    throw new FindingsFault(thrown.code, thrown, withoutFile(thrown.findings, resource), {
      ...(thrown.detail !== undefined && { detail: thrown.detail }),
    })
  }
}

/** Of a state that was loaded with more, what belongs to these organizations. */
function onlyOf(organizations: readonly string[], state: State): State {
  const wanted = new Set(organizations)
  const resources = [...state.resources].filter(([, each]) => wanted.has(each.organization))
  return { ...state, resources: new Map(resources) }
}
