import { randomUUID } from 'node:crypto'
import { openJwks } from '@portcullis/jwks/jwks'
import type { Fetch } from '@portcullis/kernel/fetch'
import type { LdapIdentities } from '@portcullis/ldap/ldap-identities'
import { openMmdbCountries } from '@portcullis/mmdb/mmdb-countries'
import { type MemoryApiKeys, openMemoryApiKeys } from '@portcullis/ports/api-keys/memory'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Counters } from '@portcullis/ports/counters/port'
import type { Countries } from '@portcullis/ports/countries/port'
import type { Keys } from '@portcullis/ports/keys/port'
import type { Log } from '@portcullis/ports/log/port'
import type { MemoryRevocations } from '@portcullis/ports/revocations/memory'
import { openMemoryRevocations } from '@portcullis/ports/revocations/memory'
import type { Risk } from '@portcullis/ports/risk/port'
import { openMemoryTokens } from '@portcullis/ports/tokens/memory'
import type { Tokens } from '@portcullis/ports/tokens/port'
import type { Vault } from '@portcullis/ports/vault/port'
import { openSharedCounters, type SharedCounters } from '@portcullis/shared-memory/shared-counters'
import { openSharedGenerations, type SharedGenerations } from '@portcullis/shared-memory/shared-generations'
import { lockDataFolder } from '@portcullis/sqlite/data-folder'
import { openEnvironmentVault } from '@portcullis/system/environment-vault'
import type { ThreadClock } from '@portcullis/system/shifted-clock'
import { openHttpRisk, type RiskEngine } from '@portcullis/web/http-risk'
import { openHttp1Fetch } from '@portcullis/web/http1-fetch'
import { type Http1Web, openHttp1Web } from '@portcullis/web/http1-web'
import type { Settings } from '../setting/settings.ts'
import { lateLdapIdentities } from './late-ldap-identities.ts'

/** The engines that every process has, whatever its roles. */
export interface Engines {
  /** Those of this process alone, or of all that share an engine. */
  readonly counters: Counters
  /** Those of this process alone, for all of its threads. */
  readonly localCounters: SharedCounters
  /** The name of this process among those that share counters. */
  readonly node: string
  readonly generations: SharedGenerations
  readonly keys: Keys
  readonly clock: ThreadClock
  readonly revocations: MemoryRevocations
  readonly apiKeys: MemoryApiKeys
  readonly identities: LdapIdentities
  readonly web: Http1Web
  /** For whatever speaks to the control plane, the authorization server and the issuers of keys. */
  readonly fetch: Fetch
  readonly tokens: Tokens
  readonly vault: Vault
  readonly countries: Countries
  readonly risk: Risk
}

/** Opens them, after locking the home folder. What was opened is closed with the stack, the last first. */
export async function openEngines(
  settings: Settings,
  clock: ThreadClock,
  log: Log,
  opened: AsyncDisposableStack,
): Promise<Engines> {
  const lock = lockDataFolder(settings.home)
  opened.defer(() => lock.release())
  const localCounters = openSharedCounters({ capacity: settings.countersCapacity })
  opened.defer(() => localCounters.close())
  const node = randomUUID()
  const counters = await openCounters(settings, node, localCounters, log)
  opened.defer(() => counters.close())
  const web = openHttp1Web()
  opened.defer(() => web.close())
  const { fetch } = opened.adopt(openHttp1Fetch(), (each) => each.close())
  return {
    counters,
    localCounters,
    node,
    generations: openSharedGenerations(),
    clock,
    keys: openJwks({ clock, log, fetch }),
    revocations: openMemoryRevocations(clock),
    apiKeys: openMemoryApiKeys(),
    identities: opened.adopt(lateLdapIdentities(), (each) => each.close()),
    web,
    fetch,
    tokens: await openTokens(settings, clock, opened),
    vault: openEnvironmentVault({ environment: process.env, folder: settings.secretsFolder }),
    countries: openMmdbCountries({ file: settings.countriesFile }),
    risk: openHttpRisk(web, riskEngineOf(settings)),
  }
}

/** In an engine that several processes share, where one is set. */
async function openCounters(
  { countersUrl: url, countersTimeout }: Settings,
  node: string,
  local: SharedCounters,
  log: Log,
): Promise<Counters> {
  if (url === undefined) return local
  const { openNodeCounters } = await import('@portcullis/valkey/node-counters')
  return openNodeCounters({ url, timeoutMillis: countersTimeout.milliseconds, node, local, log })
}

/** Shared by the nodes where they have an engine and a key in common: what lies in the engine is sealed. */
async function openTokens(
  { countersUrl: url, countersTimeout, masterKey }: Settings,
  clock: Clock,
  opened: AsyncDisposableStack,
): Promise<Tokens> {
  if (url === undefined || masterKey === undefined) return openMemoryTokens({ clock })
  const { openNodeTokens } = await import('@portcullis/valkey/node-tokens')
  const { openEnvelopeSecrets } = await import('@portcullis/envelope/envelope-secrets')
  const { masterKeyFrom } = await import('@portcullis/envelope/master-key')
  const secrets = openEnvelopeSecrets({ masterKey: masterKeyFrom(masterKey) })
  const options = { url, timeoutMillis: countersTimeout.milliseconds, secrets, clock }
  return opened.adopt(openNodeTokens(options), (tokens) => tokens.close())
}

/** Who is asked how risky something is, where one is set. */
export function riskEngineOf({
  riskUrl: url,
  riskToken: token,
  riskTimeout,
}: Settings): RiskEngine | undefined {
  return url === undefined ? undefined : { url, token, timeoutMillis: riskTimeout.milliseconds }
}
