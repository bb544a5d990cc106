import type { ControlPlaneAddress } from '@portcullis/gateway/control-plane/control-plane'
import type { SharedPorts, ThreadParts } from '@portcullis/gateway/thread/thread-parts'
import { Secret } from '@portcullis/kernel/secret'
import { openMmdbCountries } from '@portcullis/mmdb/mmdb-countries'
import { lateCatalog } from '@portcullis/policies/late-catalog'
import { catalogFor } from '@portcullis/policy-kit/late-catalog'
import { openMemoryApiKeys } from '@portcullis/ports/api-keys/memory'
import type { Counters } from '@portcullis/ports/counters/port'
import type { LogFields } from '@portcullis/ports/log/port'
import { openMemoryRevocations } from '@portcullis/ports/revocations/memory'
import { attachSharedCounters, type SharedCountersHandle } from '@portcullis/shared-memory/shared-counters'
import {
  attachSharedGenerations,
  type SharedGenerationsHandle,
} from '@portcullis/shared-memory/shared-generations'
import { openEnvironmentVault } from '@portcullis/system/environment-vault'
import { printable } from '@portcullis/system/printable'
import { shiftedClock } from '@portcullis/system/shifted-clock'
import { systemClock } from '@portcullis/system/system-clock'
import { openHttpRisk, type RiskEngine } from '@portcullis/web/http-risk'
import { openHttp1Fetch } from '@portcullis/web/http1-fetch'
import { openHttp1Web } from '@portcullis/web/http1-web'
import { lateAssertions } from './late-assertions.ts'
import { lateLdapIdentities } from './late-ldap-identities.ts'
import { measurePolicies } from './measure-policies.ts'
import { openIdentities } from './open-identities.ts'

export interface GatewayThreadData {
  /** One count for all threads. */
  readonly counters: SharedCountersHandle
  /** Where counters are that several gateways share: every thread has a connection of its own. */
  readonly sharedCounters?: { readonly url: string; readonly timeoutMillis: number; readonly node: string }
  /** What one thread changed is known to all. */
  readonly generations: SharedGenerationsHandle
  /** Who is asked about users, and who the gateway is there. */
  readonly controlPlane: Omit<ControlPlaneAddress, 'clientSecret'> & { readonly clientSecret: string }
  /** Of a clock that is not the system's own. */
  readonly shift?: SharedArrayBuffer
  readonly secretsFolder?: string
  readonly countriesFile?: string
  /** Who is asked how risky a call is. */
  readonly risk?: Omit<RiskEngine, 'token'> & { readonly token: string | undefined }
}

/** Puts together what a thread of the gateway needs; loaded there by `openGateway`. */
export async function openThread(data: unknown, shared: SharedPorts): Promise<ThreadParts> {
  const { generations, shift, secretsFolder, countriesFile, risk, controlPlane } = data as GatewayThreadData
  const clock = shift === undefined ? systemClock() : shiftedClock(shift)
  const web = openHttp1Web()
  return {
    ports: {
      counters: await countersOf(data as GatewayThreadData),
      generations: attachSharedGenerations(generations),
      clock,
      ...shared,
      revocations: openMemoryRevocations(clock),
      apiKeys: openMemoryApiKeys(),
      identities: openIdentities(
        lateLdapIdentities(),
        { ...controlPlane, clientSecret: new Secret(controlPlane.clientSecret) },
        clock,
        openHttp1Fetch().fetch,
      ),
      assertions: lateAssertions(),
      web,
      vault: openEnvironmentVault({ environment: process.env, folder: secretsFolder }),
      countries: openMmdbCountries({ file: countriesFile }),
      risk: openHttpRisk(
        web,
        risk && { ...risk, token: risk.token === undefined ? undefined : new Secret(risk.token) },
      ),
    },
    catalog: catalogFor(lateCatalog),
    measure: measurePolicies,
    plain: (fields) => printable(fields) as LogFields,
  }
}

async function countersOf({ counters, sharedCounters }: GatewayThreadData): Promise<Counters> {
  const local = attachSharedCounters(counters)
  if (sharedCounters === undefined) return local
  const { openNodeCounters } = await import('@portcullis/valkey/node-counters')
  return openNodeCounters({ ...sharedCounters, url: new Secret(sharedCounters.url), local })
}
