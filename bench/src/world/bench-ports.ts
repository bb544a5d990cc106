import type { TaughtPorts } from '@portcullis/gateway/control-plane/taught-ports'
import { openJwks } from '@portcullis/jwks/jwks'
import { openMmdbCountries } from '@portcullis/mmdb/mmdb-countries'
import { openMemoryApiKeys } from '@portcullis/ports/api-keys/memory'
import { openMemoryAssertions } from '@portcullis/ports/assertions/memory'
import type { Clock } from '@portcullis/ports/clock/port'
import { openMemoryGenerations } from '@portcullis/ports/generations/memory'
import { openMemoryIdentities } from '@portcullis/ports/identities/memory'
import { openMemoryRevocations } from '@portcullis/ports/revocations/memory'
import { openMemoryRisk } from '@portcullis/ports/risk/memory'
import { openMemoryTokens } from '@portcullis/ports/tokens/memory'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { openMemoryWeb } from '@portcullis/ports/web/memory'
import { openSharedCounters, type SharedCounters } from '@portcullis/shared-memory/shared-counters'

const COUNTERS_CAPACITY = 10_000

/** What a gateway of one process has, with the given keys; nobody and nothing is known to it beyond that. */
export function openBenchPorts(
  clock: Clock,
  jwks: unknown,
): TaughtPorts & { readonly counters: SharedCounters } {
  return {
    clock,
    counters: openSharedCounters({ capacity: COUNTERS_CAPACITY }),
    keys: openJwks({ clock, fetch: async () => Response.json(jwks) }),
    revocations: openMemoryRevocations(clock),
    apiKeys: openMemoryApiKeys(),
    generations: openMemoryGenerations(),
    risk: openMemoryRisk(() => 0),
    identities: openMemoryIdentities({}),
    assertions: openMemoryAssertions().assertions,
    tokens: openMemoryTokens({ clock }),
    web: openMemoryWeb({}),
    vault: openMemoryVault({}),
    countries: openMmdbCountries(),
  }
}
