import { fingerprintOf, Secret, sameText } from '@portcullis/kernel/secret'
import { apiKeys, credentials, idOf, registrations, resources, SYSTEM } from '@portcullis/model/collection'
import type { AppSpec } from '@portcullis/model/resource/app'
import type { RegistrationRule } from '@portcullis/model/resource/registration'
import { findCredential, newClientSecret } from '@portcullis/oauth/client/client-secret'
import { beyondCeiling } from '@portcullis/oauth/registration/ceiling'
import { leftToPeople } from '@portcullis/oauth/registration/client-metadata'
import { MAX_LIMIT, put, remove, removeWhere } from '@portcullis/ports/store/port'
import { readCredentials } from '../provider/client.ts'
import type { Tenant } from '../tenant.ts'
import { demandUsable, describeApp } from './answer.ts'
import { badMetadata, badToken, RegistrationError } from './fault.ts'
import { recordChange } from './record.ts'
import { appFrom, keepingSecret, needsSecret, newRegistrationToken } from './register.ts'
import type { RegistrationPorts } from './registration.ts'

/** An app that showed its registration access token. */
export interface Managed {
  readonly name: string
  readonly app: AppSpec
  /** As it was shown. */
  readonly token: string
}

/** The app whose registration the token is for. Throws for every other, also for one that people have disabled. */
export async function findManaged(
  { organization }: Tenant,
  { store }: Pick<RegistrationPorts, 'store'>,
  name: string,
  token: string | undefined,
): Promise<Managed> {
  const [registration, resource] = await Promise.all([
    store.get(registrations, organization, name),
    store.get(resources, organization, idOf.resource('App', name)),
  ])
  const isIts =
    token !== undefined &&
    registration !== undefined &&
    sameText(registration.value.hash, fingerprintOf(new Secret(token)))
  const app = resource?.value.kind === 'App' ? resource.value.spec : undefined
  if (!isIts || app === undefined || app.disabled) throw badToken()
  return { name, app, token }
}

/** RFC 7592 §2.2 lets nobody set these. */
const NOT_THEIRS = [
  'registration_access_token',
  'registration_client_uri',
  'client_secret_expires_at',
  'client_id_issued_at',
]

/** Replaces what an app says of itself; what people decided about it stays, and so does its software statement. */
export async function updateRegistration(
  tenant: Tenant,
  ports: RegistrationPorts,
  { name, token }: Managed,
  metadata: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  const { organization } = tenant
  await demandOwn(tenant, ports, name, metadata)
  const next = newRegistrationToken()
  const updated = await recordChange(
    ports,
    'update registration',
    `${organization}/App/${name}`,
    async () => {
      // Again, because somebody else may have been first.
      const { app: before } = await findManaged(tenant, ports, name, token)
      const app = updatedApp(before, metadata, await ruleOf(tenant, before), name)
      demandUsable(tenant, name, app)
      const secret = needsSecret(app) && !needsSecret(before) ? newClientSecret() : undefined
      const changes = [
        put(resources, organization, idOf.resource('App', name), {
          kind: 'App',
          organization,
          name,
          spec: app,
        }),
        put(registrations, organization, name, { hash: fingerprintOf(next) }),
        ...(secret === undefined ? [] : [keepingSecret(ports, organization, name, secret)]),
        ...(needsSecret(app) ? [] : [removeWhere(credentials, organization, 'app', name)]),
      ]
      return { changes, result: { app, secret } }
    },
  )
  ports.log.info('registration updated', { organization, client: name })
  return describeApp(tenant, name, updated.app, { token: next.reveal(), secret: updated.secret })
}

/**
 * Ends a registration and all that the app was given. What people gave it besides, subscriptions and API keys, is theirs to
 * remove: until they do, the app is there and disabled.
 */
export async function endRegistration(
  tenant: Tenant,
  ports: RegistrationPorts,
  { name, token }: Managed,
): Promise<void> {
  const { organization } = tenant
  // Before the change: if that fails, the app signs in once more, and nothing worse.
  await tenant.revoker.revokeClient(name)
  await recordChange(ports, 'end registration', `${organization}/App/${name}`, async () => {
    const { app } = await findManaged(tenant, ports, name, token)
    const id = idOf.resource('App', name)
    const isInUse = await isReferredTo(tenant, ports, name)
    const spec = { ...app, disabled: true }
    const changes = [
      isInUse
        ? put(resources, organization, id, { kind: 'App', organization, name, spec } as const)
        : remove(resources, organization, id),
      remove(registrations, organization, name),
      removeWhere(credentials, organization, 'app', name),
    ]
    return { changes, result: undefined }
  })
  ports.log.info('registration ended', { organization, client: name })
}

async function demandOwn(
  { organization }: Tenant,
  { store, clock }: RegistrationPorts,
  name: string,
  metadata: Readonly<Record<string, unknown>>,
): Promise<void> {
  const notTheirs = NOT_THEIRS.find((each) => metadata[each] !== undefined)
  if (notTheirs !== undefined) throw badMetadata(`${notTheirs} is not to be sent (RFC 7592 §2.2)`)
  if (metadata.client_id !== name) throw badMetadata('client_id must be that of this registration')
  if (metadata.software_statement !== undefined) {
    throw new RegistrationError(400, 'invalid_software_statement', 'it counts once, for the registration')
  }
  if (metadata.client_secret === undefined) return
  const presented = new Secret(String(metadata.client_secret))
  const usable = findCredential(await readCredentials(store, organization, name), presented, clock.now())
  if (usable === undefined)
    throw badMetadata('client_secret must be the present one: it is not chosen by apps')
}

function updatedApp(
  before: AppSpec,
  metadata: Readonly<Record<string, unknown>>,
  rule: RegistrationRule,
  name: string,
): AppSpec {
  const statement = before.registered?.statement
  // As when it registered (RFC 7591 §3.1.1): what its statement says counts.
  const app = appFrom({ ...metadata, ...statement?.attested }, rule, name, leftToPeople(before))
  const beyond = statement && beyondCeiling(app, statement)
  if (beyond === undefined) return app
  const error = beyond.member === 'redirectUris' ? 'invalid_redirect_uri' : 'invalid_client_metadata'
  throw new RegistrationError(400, error, beyond.description)
}

/** An organization that took back its rule lets nobody change anything. */
async function ruleOf(tenant: Tenant, { stage }: AppSpec): Promise<RegistrationRule> {
  const rule = stage && (await tenant.spec()).registration?.[stage]
  if (rule === undefined)
    throw new RegistrationError(403, 'access_denied', 'apps do not register themselves here')
  return rule
}

async function isReferredTo(
  { organization }: Tenant,
  { store }: RegistrationPorts,
  name: string,
): Promise<boolean> {
  const where = { attribute: 'kind', equals: 'Subscription' }
  const subscriptions = await store.find(resources, organization, { where, limit: MAX_LIMIT })
  if (subscriptions.some(({ value }) => value.kind === 'Subscription' && value.spec.app === name)) return true
  const keys = { attribute: 'app', equals: `${organization}/${name}` }
  return (await store.find(apiKeys, SYSTEM, { where: keys, limit: 1 })).length > 0
}
