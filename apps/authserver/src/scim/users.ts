import { createHash } from 'node:crypto'
import { name } from '@portcullis/kernel/schema'
import {
  idOf,
  provisionedGroups,
  provisionedNames,
  provisionedUsers,
  resources,
} from '@portcullis/model/collection'
import type { UserSpec } from '@portcullis/model/resource/user'
import { forgetUser } from '@portcullis/oauth/sign-in/forget-user'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import { type Change, MAX_LIMIT, put, remove, type Store, storeFaults } from '@portcullis/ports/store/port'
import type { Tenant } from '../tenant.ts'
import { applyPatch } from './patch.ts'
import { scimErrors } from './scim-error.ts'
import { type KeptUser, readUser, writeUser } from './user.ts'

export interface ScimParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly tenant: Tenant
  /** The address of the service. */
  readonly base: string
}

export async function listUsers({ store, tenant: { organization } }: ScimParts): Promise<KeptUser[]> {
  const where = { attribute: 'kind', equals: 'User' }
  const [kept, users] = await Promise.all([
    store.find(provisionedUsers, organization, { limit: MAX_LIMIT }),
    store.find(resources, organization, { where, limit: MAX_LIMIT }),
  ])
  const specs = new Map(
    users.flatMap(({ value }) => (value.kind === 'User' ? [[value.name, value.spec]] : [])),
  )
  return kept.flatMap(({ id, value, version }) => {
    const spec = specs.get(id)
    return spec === undefined ? [] : [{ spec, provisioned: value, version }]
  })
}

export async function findUser(
  { store, tenant: { organization } }: ScimParts,
  id: string,
): Promise<KeptUser> {
  const [kept, user] = await Promise.all([
    store.get(provisionedUsers, organization, id),
    store.get(resources, organization, idOf.resource('User', id)),
  ])
  if (kept === undefined || user?.value.kind !== 'User') throw scimErrors.notFound()
  return { spec: user.value.spec, provisioned: kept.value, version: kept.version }
}

export async function createUser(parts: ScimParts, body: unknown): Promise<KeptUser> {
  const { store, clock, log, tenant } = parts
  const { organization } = tenant
  const { spec, said } = readUser(body)
  const user = await freeName(parts, said.userName)
  const at = new Date(clock.now()).toISOString()
  const provisioned = { user, ...said, createdAt: at, changedAt: at }
  await commit(store, [
    put(provisionedNames, organization, nameId('User', said.userName), { owner: user }, { expect: 'absent' }),
    put(provisionedUsers, organization, user, provisioned, { expect: 'absent' }),
    putUser(organization, user, spec, 'absent'),
  ])
  log.info('user provisioned', { organization, subject: user })
  return { spec, provisioned, version: 1 }
}

/** PUT: all of it anew, as the client writes it. */
export function replaceUser(parts: ScimParts, before: KeptUser, body: unknown): Promise<KeptUser> {
  return write(parts, before, body)
}

export function patchUser(parts: ScimParts, before: KeptUser, body: unknown): Promise<KeptUser> {
  const changed = applyPatch(writeUser(before, parts.base), body)
  if (changed.id !== before.provisioned.user) throw scimErrors.mutability('id can’t be changed.')
  // The name for people follows what it was made of, unless it was said itself.
  return write(parts, before, changed)
}

async function write(parts: ScimParts, before: KeptUser, body: unknown): Promise<KeptUser> {
  const { store, clock, log, tenant } = parts
  const { organization } = tenant
  const { user, createdAt, userName } = before.provisioned
  const { spec, said } = readUser(body, before)
  const provisioned = { user, ...said, createdAt, changedAt: new Date(clock.now()).toISOString() }
  const isEnded = spec.disabled && !before.spec.disabled
  await commit(store, [
    ...rename(organization, 'User', user, userName, said.userName),
    put(provisionedUsers, organization, user, provisioned, { expect: before.version }),
    putUser(organization, user, spec),
  ])
  // Signed out, and gateways refuse the tokens.
  if (isEnded) await tenant.revoker.revokeSubject(user)
  log.info(isEnded ? 'user deactivated' : 'user changed', { organization, subject: user, by: 'scim' })
  return { spec, provisioned, version: before.version + 1 }
}

export async function deleteUser(parts: ScimParts, { provisioned, version }: KeptUser): Promise<void> {
  const { store, clock, log, tenant } = parts
  const { organization } = tenant
  const { user, userName } = provisioned
  const groups = await store.find(provisionedGroups, organization, { limit: MAX_LIMIT })
  const changedAt = new Date(clock.now()).toISOString()
  // First: if the rest fails, somebody signs in once more, and nothing worse.
  await tenant.revoker.revokeSubject(user)
  await commit(store, [
    remove(provisionedUsers, organization, user, version),
    remove(provisionedNames, organization, nameId('User', userName)),
    remove(resources, organization, idOf.resource('User', user)),
    ...forgetUser(organization, user),
    ...groups
      .filter(({ value }) => value.members.includes(user))
      .map(({ id, value, version: expect }) => {
        const members = value.members.filter((each) => each !== user)
        return put(provisionedGroups, organization, id, { ...value, members, changedAt }, { expect })
      }),
  ])
  log.info('user removed', { organization, subject: user, by: 'scim' })
}

export function putUser(organization: string, user: string, spec: UserSpec, expect?: 'absent'): Change {
  const resource = { kind: 'User', organization, name: user, spec } as const
  const id = idOf.resource('User', user)
  return put(resources, organization, id, resource, expect === undefined ? {} : { expect })
}

/** Atomic: who writes the same name or version at the same moment finds that somebody was first. */
export async function commit(store: Store, changes: readonly Change[]): Promise<void> {
  try {
    await store.commit(changes)
  } catch (thrown) {
    if (storeFaults.conflict.is(thrown))
      throw scimErrors.taken('It is there already, or was changed in the meantime.')
    throw thrown
  }
}

/** Another name for somebody who keeps it alone; nothing where only its case changes. */
export function rename(
  organization: string,
  kind: 'User' | 'Group',
  owner: string,
  before: string,
  after: string,
): Change[] {
  if (before.toLowerCase() === after.toLowerCase()) return []
  return [
    remove(provisionedNames, organization, nameId(kind, before)),
    put(provisionedNames, organization, nameId(kind, after), { owner }, { expect: 'absent' }),
  ]
}

export function nameId(kind: 'User' | 'Group', text: string): string {
  return `${kind}/${createHash('sha256').update(text.toLowerCase()).digest('base64url')}`
}

/**
 * By which the user is known here, and in tokens, for ever: the user name if it can be one and nobody has it, else a made one. Nor an
 * app: its own tokens have its name as their subject (RFC 9700 §4.15).
 */
async function freeName({ store, tenant: { organization } }: ScimParts, userName: string): Promise<string> {
  const plain = userName
    .toLowerCase()
    .replace(/@.*$/, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  if (name().safeParse(plain).success) {
    const kinds = ['User', 'App'] as const
    const found = kinds.map((kind) => store.get(resources, organization, idOf.resource(kind, plain)))
    if ((await Promise.all(found)).every((each) => each === undefined)) return plain
  }
  return `scim-${createHash('sha256').update(`${organization} ${userName.toLowerCase()}`).digest('hex').slice(0, 32)}`
}
