import { name } from '@portcullis/kernel/schema'
import type { Secret } from '@portcullis/kernel/secret'
import { idOf, resources, SYSTEM } from '@portcullis/model/collection'
import type { Lifetimes } from '@portcullis/oauth/lifetime'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import type { Secrets } from '@portcullis/ports/secrets/port'
import type { Store } from '@portcullis/ports/store/port'
import type { Provider } from 'oidc-provider'
import { authserverFaults } from './fault.ts'
import { openProvider } from './provider/open-provider.ts'
import { screensOf } from './provider/screen.ts'
import { directoryReader, type ReadDirectory } from './read-directory.ts'
import { openServerKeys } from './server-key.ts'

/** The authorization server of one organization: its own issuer, keys, clients, users and pages. */
export interface Tenant {
  readonly organization: string
  /** `<base URL>/<organization>`. */
  readonly issuer: URL
  readonly provider: Provider
  readonly readDirectory: ReadDirectory
  readonly formKey: Secret
  /** For people. */
  title(): Promise<string>
}

export interface TenantPorts {
  readonly store: Store
  readonly secrets: Secrets
  readonly clock: Clock
  readonly log: Log
}

/** Providers cost 40 KB each: this many stay open, and the one that was used longest ago makes room. */
const MOST_OPEN = 256

const SYSTEM_TITLE = 'Portcullis'
const organizationName = name()

/** Opens organizations when they are first asked for. Fault: `authserver.unknown-organization`. */
export class Tenants {
  readonly #ports: TenantPorts
  readonly #baseUrl: URL
  readonly #lifetimes: Lifetimes
  readonly #open = new Map<string, Promise<Tenant>>()

  constructor(ports: TenantPorts, baseUrl: URL, lifetimes: Lifetimes) {
    this.#ports = ports
    this.#baseUrl = baseUrl
    this.#lifetimes = lifetimes
  }

  /** Asks the store each time whether there is such an organization: a removed one stops at once. */
  async get(organization: string): Promise<Tenant> {
    if (
      !organizationName.safeParse(organization).success ||
      (await this.#title(organization)) === undefined
    ) {
      this.#open.delete(organization)
      throw authserverFaults['unknown-organization']()
    }
    const tenant = this.#open.get(organization) ?? this.#start(organization)
    this.#open.delete(organization)
    this.#open.set(organization, tenant)
    const [oldest] = this.#open.keys()
    if (this.#open.size > MOST_OPEN && oldest !== undefined) this.#open.delete(oldest)
    return tenant
  }

  #start(organization: string): Promise<Tenant> {
    const tenant = this.#openTenant(organization)
    // A failure is not kept: the next request tries again.
    tenant.catch(() => this.#open.get(organization) === tenant && this.#open.delete(organization))
    return tenant
  }

  async #openTenant(organization: string): Promise<Tenant> {
    const { store, clock, log } = this.#ports
    const issuer = new URL(`${this.#baseUrl.href.replace(/\/$/, '')}/${organization}`)
    const keys = await openServerKeys(this.#ports, organization)
    const readDirectory = directoryReader(store, organization)
    const title = async () => (await this.#title(organization)) ?? organization
    const lifetimes = this.#lifetimes
    const screens = screensOf(title)
    const parts = { organization, issuer, store, clock, log, keys, lifetimes, readDirectory, screens }
    return { organization, issuer, provider: openProvider(parts), readDirectory, formKey: keys.form, title }
  }

  /** Absent when there is no such organization. The organization of the installation is always there. */
  async #title(organization: string): Promise<string | undefined> {
    const document = await this.#ports.store.get(
      resources,
      SYSTEM,
      idOf.resource('Organization', organization),
    )
    if (document?.value.kind === 'Organization') return document.value.spec.title
    return organization === SYSTEM ? SYSTEM_TITLE : undefined
  }
}
