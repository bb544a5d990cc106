import { Secret } from '@portcullis/kernel/secret'
import { signingKeySets } from '@portcullis/model/collection'
import type {
  KeptSigningKey,
  SigningAlgorithm,
  SigningKeySet,
} from '@portcullis/model/credential/signing-key'
import { keyStages, type RotationTimes, rotate } from '@portcullis/oauth/key-rotation'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Secrets } from '@portcullis/ports/secrets/port'
import type { Signer } from '@portcullis/ports/signer/port'
import { type Document, put, type Store, storeFaults } from '@portcullis/ports/store/port'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose'
import type { ExternalSigningKey } from 'oidc-provider'
import { externalKey, ownKey } from './external-key.ts'

export interface SigningKeyPorts {
  readonly store: Store
  readonly secrets: Secrets
  readonly clock: Clock
  /** Makes the keys and signs with them, where they are not ours. */
  readonly signer?: Signer | undefined
}

/** A private key, or one that somebody else has and signs with. */
export type ProviderKey = JWK | ExternalSigningKey

/** The keys with which an organization signs at a moment. */
export interface SigningKeys {
  /** Of every algorithm first the one that signs, then the announced one, then those that only verify. */
  readonly jwks: readonly ProviderKey[]
  /** Changes whenever the keys do. */
  readonly version: string
  /** Milliseconds since the epoch: until then they stay as they are, unless an operator asks for something else. */
  readonly dueAt: number
}

/** Of several nodes that change the keys at once one comes through, and the others take what it made. */
const MAX_TRIES = 10

/**
 * The organization's keys of these algorithms as they should be now: what is missing is made and what is due changes places
 * before this resolves. So it is to be asked again at `dueAt`.
 */
export async function openSigningKeys(
  ports: SigningKeyPorts,
  organization: string,
  algorithms: readonly SigningAlgorithm[],
  times: RotationTimes,
): Promise<SigningKeys> {
  const sets = await Promise.all(algorithms.map((each) => keysOf(ports, organization, each, times)))
  return {
    jwks: sets.flatMap(({ jwks }) => jwks),
    version: sets.flatMap(({ jwks }) => jwks.map(({ kid }) => kid)).join(' '),
    dueAt: Math.min(...sets.map(({ dueAt }) => dueAt)),
  }
}

/** Names the keys without opening them: enough to see whether an operator has changed anything. */
export async function versionOfSigningKeys(
  store: Store,
  organization: string,
  algorithms: readonly SigningAlgorithm[],
): Promise<string> {
  const sets = await Promise.all(algorithms.map((each) => store.get(signingKeySets, organization, each)))
  return sets.flatMap((set) => inOrder(set?.value.keys ?? []).map(({ kid }) => kid)).join(' ')
}

async function keysOf(
  ports: SigningKeyPorts,
  organization: string,
  algorithm: SigningAlgorithm,
  times: RotationTimes,
): Promise<{ readonly jwks: readonly ProviderKey[]; readonly dueAt: number }> {
  for (let tries = 1; ; tries++) {
    const known = await ports.store.get(signingKeySets, organization, algorithm)
    try {
      const { keys, dueAt } = await bringUpToDate(ports, organization, algorithm, times, known)
      const jwks = await Promise.all(inOrder(keys).map((key) => openKey(ports, organization, key)))
      return { jwks, dueAt }
    } catch (thrown) {
      if (!storeFaults.conflict.is(thrown) || tries >= MAX_TRIES) throw thrown
    }
  }
}

/** Keys that are used were written down before: a token is never signed with one that could be lost. */
async function bringUpToDate(
  ports: SigningKeyPorts,
  organization: string,
  algorithm: SigningAlgorithm,
  times: RotationTimes,
  known: Document<SigningKeySet> | undefined,
): Promise<{ readonly keys: readonly KeptSigningKey[]; readonly dueAt: number }> {
  const now = ports.clock.now()
  const demandedAt = known?.value.demandedAt
  const before = known?.value.keys ?? []
  const rotation = rotate(before, times, now, demandedAt)
  const made = await Promise.all(
    rotation.wanted.map(async (stage) => ({
      ...(await makeKey(ports, organization, algorithm)),
      algorithm,
      stage,
      publishedAt: now,
      since: now,
    })),
  )
  const keys = [...rotation.keys, ...made]
  const isSame =
    made.length === 0 && keys.length === before.length && keys.every((key, i) => key === before[i])
  if (!isSame) {
    const value: SigningKeySet = { keys, ...(demandedAt !== undefined && { demandedAt }) }
    const expect = known?.version ?? 'absent'
    await ports.store.commit([put(signingKeySets, organization, algorithm, value, { expect })])
  }
  return { keys, dueAt: rotate(keys, times, now, demandedAt).dueAt }
}

function inOrder(keys: readonly KeptSigningKey[]): readonly KeptSigningKey[] {
  // oidc-provider signs with the first key that fits.
  const order = [keyStages[1], keyStages[0], keyStages[2]]
  return keys.toSorted((a, b) => order.indexOf(a.stage) - order.indexOf(b.stage))
}

async function makeKey(
  { secrets, signer }: SigningKeyPorts,
  organization: string,
  algorithm: SigningAlgorithm,
): Promise<{ readonly kid: string } & ({ readonly sealed: string } | Pick<ExternalKept, 'external'>)> {
  if (signer !== undefined) {
    const { reference, publicJwk } = await signer.makeKey(algorithm, organization)
    return { kid: await calculateJwkThumbprint(publicJwk as JWK), external: { reference, publicJwk } }
  }
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true, modulusLength: 3072 })
  const jwk = await exportJWK(privateKey)
  const kid = await calculateJwkThumbprint(jwk)
  const whole = new Secret(JSON.stringify({ ...jwk, kid, alg: algorithm, use: 'sig' }))
  return { kid, sealed: await secrets.seal(whole, contextOf(organization, kid)) }
}

type ExternalKept = Extract<KeptSigningKey, { readonly external: unknown }>

async function openKey(
  { secrets, signer }: SigningKeyPorts,
  organization: string,
  key: KeptSigningKey,
): Promise<ProviderKey> {
  if ('external' in key) return externalKey(key, signer)
  const opened = await secrets.open(key.sealed, contextOf(organization, key.kid))
  return ownKey(JSON.parse(opened.reveal()) as JWK, key.kid, key.algorithm)
}

function contextOf(organization: string, kid: string): string {
  return `${organization}/signing-key/${kid}`
}
