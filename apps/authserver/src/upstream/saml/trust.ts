import { Duration } from '@portcullis/kernel/duration'
import type { SamlProviderSpec } from '@portcullis/model/resource/identity-provider/saml'
import { type AssertionIssuer, assertionsFaults } from '@portcullis/ports/assertions/port'
import { put } from '@portcullis/ports/store/port'
import { webFaults } from '@portcullis/ports/web/port'
import { type IdpMetadata, readMetadata, type SamlEndpoint } from '@portcullis/saml/metadata/read-metadata'
import { decodeXml } from '@portcullis/xml/read-xml'
import type { UpstreamPlace, UpstreamPorts } from '../catalog.ts'
import { upstreamFaults } from '../fault.ts'
import { type KeptMetadata, keptMetadata } from './kept-metadata.ts'

/** Clocks may be apart by this. */
export const SKEW_MILLIS = 60_000
const TIMEOUT_MILLIS = 5_000
/** What the reader would look at. */
const MOST_BYTES = 256 * 1024
/** After a failure, and however short the document says that it may be kept. */
const SHORTEST_PAUSE_MILLIS = 60_000

/** By which keys a provider is believed, and where browsers are sent to it. */
export interface SamlTrust {
  readonly issuer: AssertionIssuer
  readonly signIn: SamlEndpoint
  readonly signOut?: SamlEndpoint | undefined
}

/** As it is now. Rejects with `upstream.unavailable` where nothing good is known, or what was good is too old. */
export type ReadTrust = () => Promise<SamlTrust>

export function trustReader(spec: SamlProviderSpec, ports: UpstreamPorts, place: UpstreamPlace): ReadTrust {
  const { issuer: name, metadata, certificates = [], signIn, signOut } = spec
  if (metadata !== undefined)
    return 'url' in metadata ? fetchedTrust(spec, metadata, ports, place) : filedTrust(spec, metadata, ports)
  if (signIn === undefined) throw new TypeError('neither metadata nor a place to sign in is declared')
  const trust: SamlTrust = { issuer: { name, certificates }, signIn, signOut: signOut && endpointOf(signOut) }
  return async () => trust
}

type Metadata = NonNullable<SamlProviderSpec['metadata']>
type Filed = Extract<Metadata, { readonly file: string }>
type Fetched = Extract<Metadata, { readonly url: string }>

/** What was read, and what it means; the same object as long as it is known, by which its keys are read once. */
interface Known {
  readonly metadata: IdpMetadata
  readonly trust: SamlTrust
}

function filedTrust(
  { issuer }: SamlProviderSpec,
  { text = '', certificates }: Filed,
  ports: UpstreamPorts,
): ReadTrust {
  let known: Known | undefined
  return async () => {
    known ??= read(text, issuer, certificates, ports.clock.now())
    const { metadata, trust } = known
    demandValid(metadata, ports.clock.now())
    return trust
  }
}

/**
 * Fetched when it is first needed and again when it is due, once for all who wait. Where it can't be, or is no good, the last good
 * one counts: of this process, or of whoever shares the store.
 */
function fetchedTrust(
  { issuer }: SamlProviderSpec,
  { url, certificates, every, staleAfter }: Fetched,
  { web, clock, store, log }: UpstreamPorts,
  { organization, name }: UpstreamPlace,
): ReadTrust {
  const everyMillis = Duration.parse(every).milliseconds
  const staleMillis = Duration.parse(staleAfter).milliseconds
  let known: (Known & { readonly fetchedAt: number }) | undefined
  let dueAt = 0
  let looking: Promise<void> | undefined

  return async () => {
    if (clock.now() >= dueAt) {
      looking ??= look().finally(() => {
        looking = undefined
      })
      await looking
    }
    const now = clock.now()
    if (known === undefined) throw unavailable(`the metadata at ${url} were never fetched`)
    if (now >= known.fetchedAt + staleMillis) throw unavailable(`the metadata at ${url} are too old`)
    demandValid(known.metadata, now)
    return known.trust
  }

  async function look(): Promise<void> {
    try {
      const shared = (await store.get(keptMetadata, organization, name))?.value
      if (shared?.url === url && shared.fetchedAt > (known?.fetchedAt ?? 0)) take(shared)
    } catch (error) {
      // Other keys are trusted now than when it was kept, or it is over.
      if (!upstreamFaults.unavailable.is(error)) throw error
    }
    if (clock.now() < dueAt) return
    try {
      const fetched = { url, text: await fetchText(), fetchedAt: clock.now() }
      take(fetched)
      await store.commit([keeping(fetched)])
    } catch (error) {
      if (!upstreamFaults.unavailable.is(error) && !isOfWeb(error)) throw error
      log.warn('metadata of an identity provider could not be fetched; the last good ones count', {
        ...{ organization, provider: name, url, error },
        ...(known && { fetchedAt: new Date(known.fetchedAt).toISOString() }),
      })
      if (known !== undefined) dueAt = clock.now() + SHORTEST_PAUSE_MILLIS
      else if (isOfWeb(error)) throw upstreamFaults.unavailable({ internal: String(error), cause: error })
      else throw error
    }
  }

  function take({ text, fetchedAt }: KeptMetadata): void {
    const taken = read(text, issuer, certificates, clock.now())
    const { cacheMillis = everyMillis, validUntil = Number.POSITIVE_INFINITY } = taken.metadata
    const pause = Math.min(everyMillis, cacheMillis, validUntil - fetchedAt)
    known = { ...taken, fetchedAt }
    dueAt = fetchedAt + Math.max(pause, SHORTEST_PAUSE_MILLIS)
  }

  async function fetchText(): Promise<string> {
    const headers = ['accept', 'application/samlmetadata+xml, application/xml;q=0.9']
    const limits = { timeoutMillis: TIMEOUT_MILLIS, maxBytes: MOST_BYTES }
    const { status, body } = await web.ask({ url, method: 'GET', headers, ...limits })
    if (status !== 200) throw unavailable(`${url} answers with status ${status}`)
    try {
      return decodeXml(body)
    } catch (cause) {
      throw unavailable(`${url} answers with no UTF-8`, cause)
    }
  }

  function keeping(fetched: KeptMetadata) {
    return put(keptMetadata, organization, name, fetched, { expiresAt: fetched.fetchedAt + staleMillis })
  }
}

function read(text: string, issuer: string, certificates: readonly string[] | undefined, now: number): Known {
  try {
    const demands = { issuer, now, skewMillis: SKEW_MILLIS, ...(certificates && { certificates }) }
    const metadata = readMetadata(text, demands)
    const { signIn, signOut } = metadata
    return {
      metadata,
      trust: { issuer: { name: issuer, certificates: metadata.certificates }, signIn, signOut },
    }
  } catch (thrown) {
    throw assertionsFaults.refused.is(thrown) ? unavailable(thrown.message, thrown) : thrown
  }
}

function demandValid({ validUntil }: IdpMetadata, now: number): void {
  if (validUntil !== undefined && now >= validUntil + SKEW_MILLIS) throw unavailable('the metadata are over')
}

function isOfWeb(error: unknown): boolean {
  return webFaults.unavailable.is(error) || webFaults['too-large'].is(error)
}

function endpointOf({ binding, url, responseUrl }: NonNullable<SamlProviderSpec['signOut']>): SamlEndpoint {
  return { binding, url, ...(responseUrl !== undefined && { responseUrl }) }
}

function unavailable(internal: string, cause?: unknown) {
  return upstreamFaults.unavailable({ internal, ...(cause !== undefined && { cause }) })
}
