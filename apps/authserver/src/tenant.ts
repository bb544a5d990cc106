import { name } from '@portcullis/kernel/schema'
import type { Secret } from '@portcullis/kernel/secret'
import { idOf, resources, SYSTEM } from '@portcullis/model/collection'
import type { SigningAlgorithm } from '@portcullis/model/credential/signing-key'
import type { OrganizationSpec } from '@portcullis/model/resource/organization'
import type { Directory } from '@portcullis/oauth/directory'
import type { Lifetimes } from '@portcullis/oauth/lifetime'
import { needsSecondFactor } from '@portcullis/oauth/sign-in/second-factor-need'
import type { TrySignIn } from '@portcullis/oauth/sign-in/sign-in'
import type { CustomRules } from '@portcullis/oauth/token-rules/custom-rules'
import type { Assertions } from '@portcullis/ports/assertions/port'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Counters } from '@portcullis/ports/counters/port'
import type { Identities } from '@portcullis/ports/identities/port'
import type { Log } from '@portcullis/ports/log/port'
import type { Mail } from '@portcullis/ports/mail/port'
import type { Secrets } from '@portcullis/ports/secrets/port'
import type { Signer } from '@portcullis/ports/signer/port'
import type { Document, Store } from '@portcullis/ports/store/port'
import type { Vault } from '@portcullis/ports/vault/port'
import type { Web } from '@portcullis/ports/web/port'
import { type Client, Provider } from 'oidc-provider'
import fetchRequest from 'oidc-provider/lib/helpers/fetch_request.js'
import { ClientDocuments } from './client-document/client-documents.ts'
import { sealingFor } from './delivery/approved.ts'
import {
  type AnswerOutside,
  answeringOutside,
  type HurdleOutside,
  rulingOutside,
  type TokenAnswer,
} from './delivery/outside-request.ts'
import type { CountDeviceGuess } from './device-guess.ts'
import { authserverFaults } from './fault.ts'
import { issueApproved } from './grant/approved-token/approved-token.ts'
import { rotationTimes } from './key/rotation-times.ts'
import { openServerKeys } from './key/server-key.ts'
import { openSigningKeys, versionOfSigningKeys } from './key/signing-keys.ts'
import { isTrustedBrowser } from './known-browser/known-browsers.ts'
import type { MutualTls } from './mutual-tls/mutual-tls.ts'
import { accessTokenReader } from './provider/access-token.ts'
import { accountFinder, type ReadAccount } from './provider/account.ts'
import { APPROVED_TOKEN } from './provider/client.ts'
import { openProvider } from './provider/open-provider.ts'
import type { Outbound } from './provider/outbound.ts'
import { appReader, type ReadApp } from './provider/own-app.ts'
import type { NeedsSecondFactor } from './provider/prompt.ts'
import { type Revoker, revokerOf } from './provider/revoker.ts'
import { screensOf } from './provider/screen.ts'
import { directoryReader, type ReadDirectory } from './read-directory.ts'
import { askingForApproval } from './token-rules/ask-for-approval.ts'
import type { HeldToken } from './token-rules/held-token.ts'
import { tokenRulesReader } from './token-rules/read-token-rules.ts'
import type { RuleParts } from './token-rules/rule-tokens.ts'
import { CheckedClients } from './upstream/checked-clients.ts'
import { Federation } from './upstream/federation.ts'

/** The authorization server of one organization: its own issuer, keys, clients, users and pages. */
export interface Tenant {
  readonly organization: string
  /** `<base URL>/<organization>`. */
  readonly issuer: URL
  readonly provider: Provider
  readonly answerOutside: AnswerOutside
  readonly hurdleOutside: HurdleOutside
  /** The answer of the token endpoint to an app whose token was held, where people have allowed it. Spends nothing. */
  readonly answerHeld: (app: Client, held: Document<HeldToken>) => Promise<TokenAnswer>
  /** Signed by us, and encrypted for the app alone. */
  readonly sealFor: ReturnType<typeof sealingFor>
  /** Answers what is asked of the provider. */
  readonly handle: ReturnType<Provider['callback']>
  readonly readDirectory: ReadDirectory
  readonly formKey: Secret
  readonly lifetimes: Lifetimes
  readonly revoker: Revoker
  readonly readAccount: ReadAccount
  readonly readApp: ReadApp
  readonly federation: Federation
  readonly needsSecondFactor: NeedsSecondFactor
  /** With which its tokens are signed, the first one by default. */
  readonly algorithms: readonly SigningAlgorithm[]
  /** Names its signing keys, and until when they stay as they are: milliseconds since the epoch. */
  readonly keyVersion: string
  readonly keysDueAt: number
  /** Types of authorization details for which it was opened: oidc-provider knows no others. */
  readonly detailTypes: readonly string[]
  /** For people. */
  title(): Promise<string>
  /** As it is declared now. */
  spec(): Promise<OrganizationSpec>
}

export interface TenantPorts {
  readonly store: Store
  readonly secrets: Secrets
  readonly signer?: Signer | undefined
  readonly clock: Clock
  readonly log: Log
  readonly trySignIn: TrySignIn
  readonly countDeviceGuess: CountDeviceGuess
  readonly outbound: Outbound
  readonly counters: Counters
  readonly mail?: Mail | undefined
  readonly mutualTls?: MutualTls | undefined
  readonly rules: Pick<RuleParts, 'recorder' | 'countries' | 'risk'> & { readonly custom: CustomRules }
  readonly web: Web
  readonly identities: Identities
  readonly vault: Vault
  readonly assertions: Assertions
}

/** Providers cost 40 KB each: this many stay open, and the one that was used longest ago makes room. */
const MOST_OPEN = 256

const SYSTEM_SPEC: OrganizationSpec = {
  title: 'Portcullis',
  signingAlgorithms: ['ES256'],
  secondFactor: 'optional',
}
const organizationName = name()

/** Another node, or an operator, may have changed an organization's signing keys: that is seen this late at most. */
const LOOK_MILLIS = 5_000

/** Opens organizations when they are first asked for. Fault: `authserver.unknown-organization`. */
export class Tenants {
  readonly #ports: TenantPorts
  readonly #baseUrl: URL
  readonly #lifetimes: Lifetimes
  readonly #signingKeySeconds: number
  readonly #open = new Map<string, Promise<Tenant>>()
  /** When an organization's keys are to be looked at again: milliseconds since the epoch. */
  readonly #lookAt = new Map<string, number>()

  constructor(ports: TenantPorts, baseUrl: URL, lifetimes: Lifetimes, signingKeySeconds: number) {
    this.#ports = ports
    this.#baseUrl = baseUrl
    this.#lifetimes = lifetimes
    this.#signingKeySeconds = signingKeySeconds
  }

  /** Asks the store each time whether there is such an organization: a removed one stops at once. */
  async get(organization: string): Promise<Tenant> {
    const spec = organizationName.safeParse(organization).success ? await this.#spec(organization) : undefined
    if (spec === undefined) {
      this.#open.delete(organization)
      throw authserverFaults['unknown-organization']()
    }
    const known = this.#open.get(organization)
    const tenant =
      known === undefined || (await this.#isOutdated(known, spec)) ? this.#start(organization) : known
    this.#open.delete(organization)
    this.#open.set(organization, tenant)
    const [oldest] = this.#open.keys()
    if (this.#open.size > MOST_OPEN && oldest !== undefined) this.#open.delete(oldest)
    return tenant
  }

  /** Calls that are under way end with the keys that they began with. */
  async #isOutdated(known: Promise<Tenant>, { signingAlgorithms }: OrganizationSpec): Promise<boolean> {
    const { organization, algorithms, keyVersion, keysDueAt, detailTypes, readDirectory } = await known
    const { clock, store } = this.#ports
    const now = clock.now()
    if (now >= keysDueAt || algorithms.join() !== signingAlgorithms.join()) return true
    if (now < (this.#lookAt.get(organization) ?? 0)) return false
    this.#lookAt.set(organization, now + LOOK_MILLIS)
    if (detailTypesOf(await readDirectory()).join() !== detailTypes.join()) return true
    return (await versionOfSigningKeys(store, organization, signingAlgorithms)) !== keyVersion
  }

  #start(organization: string): Promise<Tenant> {
    const tenant = this.#openTenant(organization)
    // A failure is not kept: the next request tries again.
    tenant.catch(() => this.#open.get(organization) === tenant && this.#open.delete(organization))
    return tenant
  }

  async #openTenant(organization: string): Promise<Tenant> {
    const { store, clock, log, trySignIn, outbound } = this.#ports
    const issuer = new URL(`${this.#baseUrl.href.replace(/\/$/, '')}/${organization}`)
    const { signingAlgorithms: algorithms } = (await this.#spec(organization)) ?? SYSTEM_SPEC
    const keys = await openServerKeys(this.#ports, organization)
    const signing = await openSigningKeys(
      this.#ports,
      organization,
      algorithms,
      rotationTimes(this.#lifetimes, this.#signingKeySeconds),
    )
    const readDirectory = directoryReader(store, organization)
    const spec = async () => (await this.#spec(organization)) ?? SYSTEM_SPEC
    const title = async () => (await this.#spec(organization))?.title ?? organization
    const lifetimes = this.#lifetimes
    const screens = screensOf(title)
    const documents = new ClientDocuments({
      ...this.#ports,
      organization,
      ask: (url) =>
        fetchRequest(provider, url, { headers: { accept: 'application/json' }, redirect: 'manual' }),
      address: () => Provider.ctx?.ip,
    })
    const readApp = appReader(store, organization, issuer, documents)
    const standsFor = (client: string) => documents.standsFor(client)
    const revoker = revokerOf({ store, clock, issuer, lifetimes, standsFor })
    const readAccessToken = accessTokenReader({ issuer, jwks: signing.jwks, revoker })
    const federation = new Federation({ ...this.#ports, organization, issuer, lifetimes })
    const checkedClients = new CheckedClients({
      ...this.#ports,
      organization,
      listProviders: federation.listProviders,
      address: () => Provider.ctx?.ip,
    })
    const readAccount = accountFinder(store, organization, federation.sessions)
    const detailTypes = detailTypesOf(await readDirectory())
    const needsMore: NeedsSecondFactor = async (user, request) =>
      (await needsSecondFactor(store, organization, user)) &&
      !(
        request !== undefined &&
        (await isTrustedBrowser({ store, clock }, organization, issuer, user, request))
      )
    const rules = {
      ...this.#ports.rules,
      readTokenRules: tokenRulesReader(store, organization, this.#ports.rules.custom),
      askForApproval: askingForApproval({ store, clock, log, organization }),
    }
    const parts = {
      detailTypes,
      rules,
      takesRegistrations: async () => Object.keys((await spec()).registration ?? {}).length > 0,
      readAccount,
      readApp,
      checkedClients,
      documents,
      federation,
      needsSecondFactor: needsMore,
      trySignIn,
      countDeviceGuess: this.#ports.countDeviceGuess,
      outbound,
      mutualTls: this.#ports.mutualTls,
      counters: this.#ports.counters,
      mail: this.#ports.mail,
      web: this.#ports.web,
      vault: this.#ports.vault,
      spec,
      revoker,
      readAccessToken,
      organization,
      issuer,
      store,
      clock,
      log,
      keys,
      lifetimes,
      readDirectory,
      screens,
      title,
    }
    const providing = { ...parts, signing: { algorithms, jwks: signing.jwks } }
    const provider: Provider = openProvider(providing)
    const answerOutside = answeringOutside(provider, issuer, parts)
    return {
      organization,
      issuer,
      provider,
      answerOutside,
      hurdleOutside: rulingOutside(provider, issuer, parts),
      answerHeld: (app, held) =>
        answerOutside(app, held.value.from, { grant_type: APPROVED_TOKEN }, (ctx) =>
          issueApproved(ctx, providing, held, { proved: false }),
        ),
      sealFor: sealingFor(providing),
      handle: provider.callback(),
      readDirectory,
      formKey: keys.form,
      lifetimes,
      revoker,
      readAccount,
      readApp,
      federation,
      needsSecondFactor: needsMore,
      algorithms,
      detailTypes,
      keyVersion: signing.version,
      keysDueAt: signing.dueAt,
      title,
      spec,
    }
  }

  /** Absent when there is no such organization. The organization of the installation is always there. */
  async #spec(organization: string): Promise<OrganizationSpec | undefined> {
    const document = await this.#ports.store.get(
      resources,
      SYSTEM,
      idOf.resource('Organization', organization),
    )
    if (document?.value.kind === 'Organization') return document.value.spec
    return organization === SYSTEM ? SYSTEM_SPEC : undefined
  }
}

function detailTypesOf({ audiences }: Directory): string[] {
  return [
    ...new Set([...audiences.values()].flatMap(({ detailTypes }) => [...detailTypes.keys()])),
  ].toSorted()
}
