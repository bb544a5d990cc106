import { createHash, createHmac } from 'node:crypto'
import { fingerprintOf, Secret } from '@portcullis/kernel/secret'
import { type Collection, passkeys } from '@portcullis/model/collection'
import type { Passkey } from '@portcullis/model/user/passkey'
import type { Clock } from '@portcullis/ports/clock/port'
import { type Document, put, remove, type Store, storeFaults } from '@portcullis/ports/store/port'
import {
  type AuthenticationResponseJSON,
  type AuthenticatorTransport,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import type { Tenant } from '../../tenant.ts'

export interface PasskeyParts {
  readonly store: Store
  readonly clock: Clock
  readonly tenant: Pick<Tenant, 'organization' | 'issuer' | 'formKey' | 'title'>
}

/** For what a challenge was made, as `sign-in <uid>` or `account <session>`: no answer is good elsewhere. */
type Purpose = string

/** By the fingerprint of the challenge. */
const challenges: Collection<{ readonly purpose: Purpose }> = { name: 'passkey-challenge', index: () => ({}) }

const CHALLENGE_MILLIS = 5 * 60_000
export const MOST_PASSKEYS = 20
export const MOST_NAME_CHARACTERS = 60

export interface PasskeyProof {
  readonly user: string
  /** The authenticator made sure that it is its owner: by a finger, a face, a PIN. */
  readonly isVerified: boolean
  readonly isSynced: boolean
}

/** What a browser is told to make a passkey, as JSON. */
export async function beginEnrolment(parts: PasskeyParts, user: string, purpose: Purpose): Promise<string> {
  const { tenant } = parts
  const known = await listPasskeys(parts, user)
  const options = await generateRegistrationOptions({
    rpName: await tenant.title(),
    rpID: tenant.issuer.hostname,
    userName: user,
    userID: Buffer.from(handleOf(parts, user), 'base64url'),
    attestationType: 'none',
    excludeCredentials: known.map(idOf),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
    timeout: CHALLENGE_MILLIS,
  })
  await keepChallenge(parts, options.challenge, purpose)
  return JSON.stringify(options)
}

/** Keeps a new passkey under a name; false for whatever does not prove that there is one. */
export async function finishEnrolment(
  parts: PasskeyParts,
  user: string,
  purpose: Purpose,
  answer: string,
  name: string,
): Promise<boolean> {
  const { store, clock, tenant } = parts
  if ((await listPasskeys(parts, user)).length >= MOST_PASSKEYS) return false
  const response = readJson(answer) as RegistrationResponseJSON | undefined
  if (response === undefined) return false
  const verified = await orUndefined(() =>
    verifyRegistrationResponse({
      response,
      expectedChallenge: (challenge) => spendChallenge(parts, challenge, purpose),
      expectedOrigin: tenant.issuer.origin,
      expectedRPID: tenant.issuer.hostname,
      requireUserVerification: false,
    }),
  )
  if (verified?.verified !== true) return false
  const { credential, credentialDeviceType } = verified.registrationInfo
  const passkey: Passkey = {
    user,
    credential: credential.id,
    name: name.trim().slice(0, MOST_NAME_CHARACTERS) || 'Passkey',
    publicKey: Buffer.from(credential.publicKey).toString('base64url'),
    counter: credential.counter,
    transports: credential.transports ?? [],
    isSynced: credentialDeviceType === 'multiDevice',
    createdAt: new Date(clock.now()).toISOString(),
  }
  // A credential that somebody has already is never handed to another.
  return commits(
    store,
    put(passkeys, tenant.organization, keyOf(credential.id), passkey, { expect: 'absent' }),
  )
}

/** What a browser is told to prove a passkey: one of a user's, or any that it has, whose owner is then verified. */
export async function beginProof(
  parts: PasskeyParts,
  user: string | undefined,
  purpose: Purpose,
): Promise<string> {
  const allowed = user === undefined ? [] : await listPasskeys(parts, user)
  const options = await generateAuthenticationOptions({
    rpID: parts.tenant.issuer.hostname,
    allowCredentials: allowed.map(idOf),
    userVerification: user === undefined ? 'required' : 'preferred',
    timeout: CHALLENGE_MILLIS,
  })
  await keepChallenge(parts, options.challenge, purpose)
  return JSON.stringify(options)
}

/** Whose passkey was proved; nothing where none was. `user`: whose it must be, where that is known. */
export async function finishProof(
  parts: PasskeyParts,
  user: string | undefined,
  purpose: Purpose,
  answer: string,
): Promise<PasskeyProof | undefined> {
  const { store, clock, tenant } = parts
  const response = readJson(answer) as AuthenticationResponseJSON | undefined
  if (typeof response?.id !== 'string') return undefined
  const found = await store.get(passkeys, tenant.organization, keyOf(response.id))
  if (found === undefined || (user !== undefined && found.value.user !== user)) return undefined
  const { value } = found
  const handle = response.response?.userHandle
  if (handle !== undefined && handle !== handleOf(parts, value.user)) return undefined
  const verified = await orUndefined(() =>
    verifyAuthenticationResponse({
      response,
      expectedChallenge: (challenge) => spendChallenge(parts, challenge, purpose),
      expectedOrigin: tenant.issuer.origin,
      expectedRPID: tenant.issuer.hostname,
      // Refuses a counter that does not go on: somebody has a copy (Web Authentication §6.1.1).
      credential: {
        id: value.credential,
        publicKey: new Uint8Array(Buffer.from(value.publicKey, 'base64url')),
        counter: value.counter,
      },
      requireUserVerification: user === undefined,
    }),
  )
  if (verified?.verified !== true) return undefined
  const { newCounter, userVerified, credentialBackedUp } = verified.authenticationInfo
  const used = { ...value, counter: newCounter, usedAt: new Date(clock.now()).toISOString() }
  const options = { expect: found.version }
  // Of two answers with the same counter one is a copy's.
  if (!(await commits(store, put(passkeys, tenant.organization, found.id, used, options)))) return undefined
  return { user: value.user, isVerified: userVerified, isSynced: credentialBackedUp }
}

export async function listPasskeys(
  { store, tenant }: Pick<PasskeyParts, 'store'> & { readonly tenant: Pick<Tenant, 'organization'> },
  user: string,
): Promise<readonly Document<Passkey>[]> {
  const where = { attribute: 'user', equals: user }
  return store.find(passkeys, tenant.organization, { where, limit: MOST_PASSKEYS })
}

async function keepChallenge(
  { store, clock, tenant }: PasskeyParts,
  challenge: string,
  purpose: Purpose,
): Promise<void> {
  const expiresAt = clock.now() + CHALLENGE_MILLIS
  const id = fingerprintOf(new Secret(challenge))
  await store.commit([put(challenges, tenant.organization, id, { purpose }, { expiresAt })])
}

/** A challenge is good once, and only for what it was made for. */
async function spendChallenge(
  { store, tenant }: PasskeyParts,
  challenge: string,
  purpose: Purpose,
): Promise<boolean> {
  const id = fingerprintOf(new Secret(challenge))
  const found = await store.get(challenges, tenant.organization, id)
  if (found?.value.purpose !== purpose) return false
  return commits(store, remove(challenges, tenant.organization, id, found.version))
}

async function commits(store: Store, change: Parameters<Store['commit']>[0][number]): Promise<boolean> {
  try {
    await store.commit([change])
    return true
  } catch (thrown) {
    if (!storeFaults.conflict.is(thrown)) throw thrown
    return false
  }
}

/** The library throws for whatever is wrong with an answer; a store that is away is none of that. */
async function orUndefined<T>(verify: () => Promise<T>): Promise<T | undefined> {
  try {
    return await verify()
  } catch (thrown) {
    if (storeFaults.unavailable.is(thrown)) throw thrown
    return undefined
  }
}

/** By which authenticators know the account: nothing personal, and the same for all passkeys of a user (§14.6.1). */
function handleOf({ tenant }: PasskeyParts, user: string): string {
  return createHmac('sha256', tenant.formKey.reveal()).update(`passkey ${user}`).digest('base64url')
}

function idOf({ value }: Document<Passkey>) {
  return { id: value.credential, transports: [...value.transports] as AuthenticatorTransport[] }
}

/** Ids may be longer than a key of the store. */
function keyOf(credential: string): string {
  return createHash('sha256').update(credential).digest('base64url')
}

function readJson(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
