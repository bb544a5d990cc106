import type { CredentialKind, CredentialView } from '@portcullis/api-client/route/credential'
import type { Duration } from '@portcullis/kernel/duration'
import { newId } from '@portcullis/kernel/id'
import { fingerprintOf, type Secret } from '@portcullis/kernel/secret'
import { credentials, idOf, resources } from '@portcullis/model/collection'
import { type ApiKey, stateOfApiKey } from '@portcullis/model/credential/api-key'
import { type Credential, isUsable } from '@portcullis/model/credential/credential'
import type { ResourceOf } from '@portcullis/model/resource/resource'
import { newClientSecret } from '@portcullis/oauth/client/client-secret'
import type { Clock } from '@portcullis/ports/clock/port'
import { type Change, type Document, put, type Store } from '@portcullis/ports/store/port'
import type { Changer } from '../change/changer.ts'
import { findAll } from '../state/find-all.ts'
import { endingKeys, keyNamed, keysOf, newKeyOf } from './api-keys.ts'
import { credentialFaults } from './fault.ts'

/**
 * Secrets: enough for a rotation that overlaps: the old one, the new one, and one that somebody forgot. Keys: one for each
 * place where the app runs, and each rotated.
 */
const MAX_USABLE: Readonly<Record<CredentialKind, number>> = { 'client-secret': 3, 'api-key': 20 }

interface Parts {
  readonly store: Store
  readonly clock: Clock
  readonly changer: Changer
}

export interface IssuedCredential {
  readonly credential: CredentialView
  /** Shown this once; only its hash is kept. */
  readonly secret: Secret
}

export interface IssueOptions {
  /** `client-secret` when absent. */
  readonly kind?: CredentialKind
  readonly expiresIn?: Duration
}

export async function issueCredential(
  parts: Parts,
  organization: string,
  app: string,
  options: IssueOptions & { readonly actor: string },
): Promise<IssuedCredential> {
  const { store, clock, changer } = parts
  const { kind = 'client-secret', expiresIn, actor } = options
  return changer.amend(actor, `issue ${kind}`, `${organization}/App/${app}`, async () => {
    const now = clock.now()
    demandConfidential(await appNamed(store, organization, app))
    const own = (await viewsOf(parts, organization, app)).filter((each) => each.kind === kind && each.usable)
    if (own.length >= MAX_USABLE[kind]) {
      throw credentialFaults['too-many']({ detail: `"${app}" has ${own.length} usable ones of this kind.` })
    }
    const expiresAt = expiresIn && now + expiresIn.milliseconds
    demandOwnSecret(kind, await appNamed(store, organization, app))
    if (kind === 'api-key') {
      const { issued, secret, changes } = await newKeyOf(store, { organization, app }, now, expiresAt)
      return { changes, result: { credential: viewOfKey(issued, now), secret } }
    }
    const secret = newClientSecret()
    const { credential, changes } = newSecretOf(organization, app, secret, now, expiresAt)
    return { changes, result: { credential: viewOf(credential, now), secret } }
  })
}

/** The oldest first of each kind. */
export async function listCredentials(
  parts: Parts,
  organization: string,
  app: string,
): Promise<CredentialView[]> {
  await appNamed(parts.store, organization, app)
  return viewsOf(parts, organization, app)
}

/** Ends a credential at once. Revoking twice changes nothing. */
export async function revokeCredential(
  { store, clock, changer }: Parts,
  organization: string,
  app: string,
  id: string,
  options: { readonly actor: string },
): Promise<CredentialView> {
  return changer.amend(options.actor, 'revoke credential', `${organization}/App/${app}/${id}`, async () => {
    const now = clock.now()
    const key = await keyNamed(store, id)
    if (key !== undefined && key.organization === organization && key.app === app) {
      const changes = await endingKeys(store, [key], now)
      return { changes, result: viewOfKey({ ...key, revokedAt: key.revokedAt ?? now }, now) }
    }
    const found = await store.get(credentials, organization, id)
    if (found === undefined || found.value.app !== app) throw credentialFaults.unknown()
    if (found.value.revokedAt !== undefined) return { changes: [], result: viewOf(found.value, now) }
    const revoked = { ...found.value, revokedAt: new Date(now).toISOString() }
    const changes = [put(credentials, organization, id, revoked, { expect: found.version })]
    return { changes, result: viewOf(revoked, now) }
  })
}

function newSecretOf(
  organization: string,
  app: string,
  secret: Secret,
  now: number,
  expiresAt: number | undefined,
): { readonly credential: Credential; readonly changes: readonly Change[] } {
  const credential: Credential = {
    id: newId('cred', now),
    app,
    hash: fingerprintOf(secret),
    issuedAt: new Date(now).toISOString(),
    ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
  }
  return {
    credential,
    changes: [put(credentials, organization, credential.id, credential, { expect: 'absent' })],
  }
}

async function viewsOf(
  { store, clock }: Parts,
  organization: string,
  app: string,
): Promise<CredentialView[]> {
  const now = clock.now()
  return [
    ...(await credentialsOf(store, organization, app)).map(({ value }) => viewOf(value, now)),
    ...(await keysOf(store, organization, app)).map((key) => viewOfKey(key, now)),
  ]
}

async function appNamed(store: Store, organization: string, app: string): Promise<ResourceOf<'App'>> {
  const found = (await store.get(resources, organization, idOf.resource('App', app)))?.value
  if (found?.kind !== 'App')
    throw credentialFaults['unknown-app']({ detail: `There is no app "${organization}/${app}".` })
  return found
}

function demandConfidential(app: ResourceOf<'App'>): void {
  if (app.spec.clientDocuments !== undefined)
    throw credentialFaults['stands-for-others']({
      detail: `"${app.name}" stands for clients with documents.`,
    })
  if (app.spec.public)
    throw credentialFaults['public-client']({ detail: `"${app.name}" is a public client.` })
}

/** API keys are for gateways, and ours. */
function demandOwnSecret(kind: CredentialKind, { name, spec }: ResourceOf<'App'>): void {
  if (kind === 'client-secret' && spec.checkedBy !== undefined) {
    throw credentialFaults['checked-elsewhere']({
      detail: `"${name}" is checked by "${spec.checkedBy.identityProvider}".`,
    })
  }
  if (kind === 'client-secret' && spec.assertedBy !== undefined) {
    throw credentialFaults['checked-elsewhere']({
      detail: `"${name}" proves who it is by assertions of "${spec.assertedBy}".`,
    })
  }
}

function credentialsOf(store: Store, organization: string, app: string): Promise<Document<Credential>[]> {
  return findAll(store, credentials, organization, { where: { attribute: 'app', equals: app } })
}

function viewOf(credential: Credential, nowMillis: number): CredentialView {
  const { hash: _hash, ...shown } = credential
  return { ...shown, kind: 'client-secret', usable: isUsable(credential, nowMillis) }
}

function viewOfKey(key: ApiKey, nowMillis: number): CredentialView {
  const { id, app, issuedAt, expiresAt, revokedAt } = key
  return {
    ...{ id, app, kind: 'api-key', issuedAt: new Date(issuedAt).toISOString() },
    ...(expiresAt !== undefined && { expiresAt: new Date(expiresAt).toISOString() }),
    ...(revokedAt !== undefined && { revokedAt: new Date(revokedAt).toISOString() }),
    usable: stateOfApiKey(key, nowMillis) === 'usable',
  }
}
