import { randomBytes } from 'node:crypto'
import { newId } from '@portcullis/kernel/id'
import { fingerprintOf, Secret } from '@portcullis/kernel/secret'
import {
  credentials,
  idOf,
  registrationLeaves,
  registrations,
  resources,
  usedStatements,
} from '@portcullis/model/collection'
import type { AppSpec } from '@portcullis/model/resource/app'
import type { OrganizationSpec } from '@portcullis/model/resource/organization'
import type { RegistrationRule } from '@portcullis/model/resource/registration'
import { type Stage, stage } from '@portcullis/model/resource/stage'
import { newClientSecret } from '@portcullis/oauth/client/client-secret'
import { appOfMetadata } from '@portcullis/oauth/registration/client-metadata'
import { type Change, type Document, MAX_LIMIT, put, remove } from '@portcullis/ports/store/port'
import type { Tenant } from '../tenant.ts'
import { demandUsable, describeApp } from './answer.ts'
import { badMetadata, badToken, RegistrationError } from './fault.ts'
import { recordChange } from './record.ts'
import type { RegistrationPorts } from './registration.ts'
import { type VerifiedStatement, verifyStatement } from './verify-statement.ts'

/** Answers a registration (RFC 7591 §3): what comes of it is an app that is subscribed to nothing. */
export async function register(
  tenant: Tenant,
  ports: RegistrationPorts,
  metadata: Readonly<Record<string, unknown>>,
  presented: string | undefined,
): Promise<Record<string, unknown>> {
  const { store, clock } = ports
  const { organization, issuer } = tenant
  const spec = await tenant.spec()
  const leave = presented === undefined ? undefined : await leaveFor(tenant, ports, presented)
  if (presented !== undefined && leave === undefined) throw badToken()
  const { chosen, rule } = chooseRule(spec, leave?.value.stage, metadata.stage)
  if (rule.access === 'token' && leave === undefined) throw badToken()
  const statement = await statementIn(metadata, () => ({ store, clock, organization, issuer, spec }))
  if (rule.access === 'statement' && statement === undefined) {
    throw new RegistrationError(400, 'invalid_software_statement', 'a software statement is demanded here')
  }
  const name = `app-${randomBytes(12).toString('hex')}`
  const app = appFrom({ ...metadata, ...statement?.metadata }, rule, name, {
    stage: chosen,
    firstParty: false,
    registered: {
      at: new Date(Math.floor(clock.now() / 1000) * 1000).toISOString(),
      by: leave === undefined ? rule.access : 'token',
      ...(statement && { statement: statement.ceiling }),
    },
  })
  demandUsable(tenant, name, app)
  const token = newRegistrationToken()
  const secret = needsSecret(app) ? newClientSecret() : undefined
  await recordChange(ports, 'register', `${organization}/App/${name}`, async () => {
    await demandRoom(tenant, ports, chosen, rule)
    return {
      result: undefined,
      changes: [
        put(
          resources,
          organization,
          idOf.resource('App', name),
          { kind: 'App', organization, name, spec: app },
          {
            expect: 'absent',
          },
        ),
        put(registrations, organization, name, { hash: fingerprintOf(token) }),
        ...(secret === undefined ? [] : [keepingSecret(ports, organization, name, secret)]),
        ...(await usingStatement(tenant, ports, name, statement)),
        ...(leave === undefined ? [] : [await usingLeave(tenant, ports, leave)]),
      ],
    }
  })
  const by = app.registered?.by
  ports.log.info('app registered', { organization, client: name, by, statement: statement?.ceiling.id })
  return describeApp(tenant, name, app, { token: token.reveal(), secret })
}

export function newRegistrationToken(): Secret {
  return new Secret(`prt_${randomBytes(32).toString('base64url')}`)
}

export function needsSecret({ public: isPublic, authentication }: AppSpec): boolean {
  return !isPublic && authentication === undefined
}

export function keepingSecret(
  { clock }: Pick<RegistrationPorts, 'clock'>,
  organization: string,
  app: string,
  secret: Secret,
): Change {
  const now = clock.now()
  const credential = {
    id: newId('cred', now),
    app,
    hash: fingerprintOf(secret),
    issuedAt: new Date(now).toISOString(),
  }
  return put(credentials, organization, credential.id, credential, { expect: 'absent' })
}

export function appFrom(
  metadata: unknown,
  rule: RegistrationRule,
  title: string,
  kept: Parameters<typeof appOfMetadata>[3],
): AppSpec {
  const made = appOfMetadata(metadata, rule, title, kept)
  if ('refusal' in made) throw new RegistrationError(400, made.refusal.error, made.refusal.description)
  return made.app
}

/** For the stage that the token is for, else the one that is named, else the only one that there is. */
function chooseRule(
  { registration = {} }: OrganizationSpec,
  given: Stage | undefined,
  asked: unknown,
): { readonly chosen: Stage; readonly rule: RegistrationRule } {
  const open = stage.options.filter((each) => registration[each] !== undefined)
  const [only, another] = open
  const named = given ?? asked ?? (another === undefined ? only : undefined)
  const chosen = open.find((each) => each === named)
  const rule = chosen && registration[chosen]
  if (chosen !== undefined && rule !== undefined && (asked === undefined || asked === chosen)) {
    return { chosen, rule }
  }
  if (open.length === 0)
    throw new RegistrationError(403, 'access_denied', 'apps do not register themselves here')
  throw badMetadata(`stage: name one of ${open.join(', ')}`)
}

async function statementIn(
  { software_statement: text }: Readonly<Record<string, unknown>>,
  parts: () => Parameters<typeof verifyStatement>[0],
): Promise<VerifiedStatement | undefined> {
  if (text === undefined) return undefined
  if (typeof text !== 'string')
    throw new RegistrationError(400, 'invalid_software_statement', 'it is no text')
  return verifyStatement(parts(), text)
}

type Leave = Document<{ readonly stage: Stage }>

function leaveFor({ organization }: Tenant, { store }: RegistrationPorts, token: string) {
  return store.get(registrationLeaves, organization, fingerprintOf(new Secret(token)))
}

/** Of several that come with one initial access token at once, one registers. */
async function usingLeave(
  { organization }: Tenant,
  { store }: RegistrationPorts,
  leave: Leave,
): Promise<Change> {
  const found = await store.get(registrationLeaves, organization, leave.id)
  if (found === undefined) throw badToken()
  return remove(registrationLeaves, organization, leave.id, found.version)
}

async function usingStatement(
  { organization }: Tenant,
  { store }: RegistrationPorts,
  app: string,
  statement: VerifiedStatement | undefined,
): Promise<Change[]> {
  if (statement === undefined) return []
  const { id, expiresAt } = statement
  if ((await store.get(usedStatements, organization, id)) !== undefined) {
    throw new RegistrationError(400, 'invalid_software_statement', 'it was used already')
  }
  return [put(usedStatements, organization, id, { app }, { expect: 'absent', expiresAt })]
}

async function demandRoom(
  { organization }: Tenant,
  { store }: RegistrationPorts,
  stage: Stage,
  { mostApps }: RegistrationRule,
): Promise<void> {
  const where = { attribute: 'kind', equals: 'App' }
  const apps = await store.find(resources, organization, { where, limit: MAX_LIMIT })
  const own = apps.filter(
    ({ value }) => value.kind === 'App' && value.spec.registered !== undefined && value.spec.stage === stage,
  )
  if (own.length < mostApps) return
  throw new RegistrationError(403, 'access_denied', 'as many apps have registered as may: ask the operators')
}
