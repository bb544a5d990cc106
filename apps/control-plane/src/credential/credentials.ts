import type { CredentialView } from '@portcullis/api-client/route/credential'
import type { Duration } from '@portcullis/kernel/duration'
import { newId } from '@portcullis/kernel/id'
import { fingerprintOf, type Secret } from '@portcullis/kernel/secret'
import { credentials, idOf, resources } from '@portcullis/model/collection'
import { type Credential, isUsable } from '@portcullis/model/credential'
import type { ResourceOf } from '@portcullis/model/resource/resource'
import { newClientSecret } from '@portcullis/oauth/client-secret'
import type { Clock } from '@portcullis/ports/clock/port'
import { type Document, put, type Store } from '@portcullis/ports/store/port'
import type { Changer } from '../change/changer.ts'
import { findAll } from '../state/find-all.ts'
import { credentialFaults } from './fault.ts'

/** Enough for a rotation that overlaps: the old one, the new one, and one that somebody forgot. */
export const MAX_USABLE = 3

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

export async function issueCredential(
  { store, clock, changer }: Parts,
  organization: string,
  app: string,
  options: { readonly expiresIn?: Duration; readonly actor: string },
): Promise<IssuedCredential> {
  return changer.amend(options.actor, 'issue credential', `${organization}/App/${app}`, async () => {
    const now = clock.now()
    demandConfidential(await appNamed(store, organization, app))
    const usable = (await credentialsOf(store, organization, app)).filter((each) => isUsable(each.value, now))
    if (usable.length >= MAX_USABLE) {
      throw credentialFaults['too-many']({ detail: `"${app}" has ${usable.length} usable credentials.` })
    }
    const secret = newClientSecret()
    const credential: Credential = {
      id: newId('cred', now),
      app,
      hash: fingerprintOf(secret),
      issuedAt: new Date(now).toISOString(),
      ...(options.expiresIn && { expiresAt: new Date(now + options.expiresIn.milliseconds).toISOString() }),
    }
    const changes = [put(credentials, organization, credential.id, credential, { expect: 'absent' })]
    return { changes, result: { credential: viewOf(credential, now), secret } }
  })
}

/** The oldest first. */
export async function listCredentials(
  { store, clock }: Parts,
  organization: string,
  app: string,
): Promise<CredentialView[]> {
  await appNamed(store, organization, app)
  return (await credentialsOf(store, organization, app)).map((each) => viewOf(each.value, clock.now()))
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
    const found = await store.get(credentials, organization, id)
    if (found === undefined || found.value.app !== app) throw credentialFaults.unknown()
    if (found.value.revokedAt !== undefined) return { changes: [], result: viewOf(found.value, clock.now()) }
    const revoked = { ...found.value, revokedAt: new Date(clock.now()).toISOString() }
    const changes = [put(credentials, organization, id, revoked, { expect: found.version })]
    return { changes, result: viewOf(revoked, clock.now()) }
  })
}

async function appNamed(store: Store, organization: string, app: string): Promise<ResourceOf<'App'>> {
  const found = (await store.get(resources, organization, idOf.resource('App', app)))?.value
  if (found?.kind !== 'App')
    throw credentialFaults['unknown-app']({ detail: `There is no app "${organization}/${app}".` })
  return found
}

function demandConfidential(app: ResourceOf<'App'>): void {
  if (app.spec.public)
    throw credentialFaults['public-client']({ detail: `"${app.name}" is a public client.` })
}

function credentialsOf(store: Store, organization: string, app: string): Promise<Document<Credential>[]> {
  return findAll(store, credentials, organization, { where: { attribute: 'app', equals: app } })
}

function viewOf(credential: Credential, nowMillis: number): CredentialView {
  const { hash: _hash, ...shown } = credential
  return { ...shown, usable: isUsable(credential, nowMillis) }
}
