import { randomUUID } from 'node:crypto'
import {
  idOf,
  provisionedGroups,
  provisionedNames,
  provisionedUsers,
  resources,
} from '@portcullis/model/collection'
import type { ProvisionedGroup } from '@portcullis/model/user/provisioned'
import { type Change, type Document, MAX_LIMIT, put, remove } from '@portcullis/ports/store/port'
import type { Complex } from './match.ts'
import { applyPatch } from './patch.ts'
import { scimErrors } from './scim-error.ts'
import { etagOf, GROUP, readGroup } from './user.ts'
import { commit, nameId, putUser, rename, type ScimParts } from './users.ts'

export type KeptGroup = Document<ProvisionedGroup>

export async function listGroups({ store, tenant }: ScimParts): Promise<readonly KeptGroup[]> {
  return store.find(provisionedGroups, tenant.organization, { limit: MAX_LIMIT })
}

export async function findGroup({ store, tenant }: ScimParts, id: string): Promise<KeptGroup> {
  const found = await store.get(provisionedGroups, tenant.organization, id)
  if (found === undefined) throw scimErrors.notFound()
  return found
}

export function writeGroup({ id, value, version }: KeptGroup, base: string): Complex {
  const { displayName, externalId, members, createdAt, changedAt } = value
  return {
    schemas: [GROUP],
    id,
    ...(externalId !== undefined && { externalId }),
    displayName,
    members: members.map((user) => ({ value: user, type: 'User', $ref: `${base}/Users/${user}` })),
    meta: {
      resourceType: 'Group',
      created: createdAt,
      lastModified: changedAt,
      location: `${base}/Groups/${id}`,
      version: etagOf(version),
    },
  }
}

export async function createGroup(parts: ScimParts, body: unknown): Promise<KeptGroup> {
  const { store, clock, tenant } = parts
  const { organization } = tenant
  const id = randomUUID()
  const at = new Date(clock.now()).toISOString()
  const value = { ...readGroup(body), createdAt: at, changedAt: at }
  await commit(store, [
    put(
      provisionedNames,
      organization,
      nameId('Group', value.displayName),
      { owner: id },
      { expect: 'absent' },
    ),
    put(provisionedGroups, organization, id, value, { expect: 'absent' }),
    ...(await membership(parts, undefined, value)),
  ])
  return { id, value, version: 1 }
}

export async function replaceGroup(parts: ScimParts, before: KeptGroup, body: unknown): Promise<KeptGroup> {
  const { store, clock, tenant } = parts
  const { organization } = tenant
  const { id, version } = before
  const { createdAt, displayName } = before.value
  const value = { ...readGroup(body), createdAt, changedAt: new Date(clock.now()).toISOString() }
  await commit(store, [
    ...rename(organization, 'Group', id, displayName, value.displayName),
    put(provisionedGroups, organization, id, value, { expect: version }),
    ...(await membership(parts, before.value, value)),
  ])
  return { id, value, version: version + 1 }
}

export function patchGroup(parts: ScimParts, before: KeptGroup, body: unknown): Promise<KeptGroup> {
  const changed = applyPatch(writeGroup(before, parts.base), body)
  if (changed.id !== before.id) throw scimErrors.mutability('id can’t be changed.')
  return replaceGroup(parts, before, changed)
}

export async function deleteGroup(parts: ScimParts, { id, value, version }: KeptGroup): Promise<void> {
  const { organization } = parts.tenant
  await commit(parts.store, [
    remove(provisionedGroups, organization, id, version),
    remove(provisionedNames, organization, nameId('Group', value.displayName)),
    ...(await membership(parts, value, undefined)),
  ])
}

/** Users carry the names of their groups, where rules of tokens find them. All of it in one commit with the group. */
async function membership(
  { store, tenant: { organization } }: ScimParts,
  before: ProvisionedGroup | undefined,
  after: ProvisionedGroup | undefined,
): Promise<Change[]> {
  const all = new Set([...(before?.members ?? []), ...(after?.members ?? [])])
  const changes: Change[] = []
  for (const user of all) {
    const [kept, resource] = await Promise.all([
      store.get(provisionedUsers, organization, user),
      store.get(resources, organization, idOf.resource('User', user)),
    ])
    const isMember = after?.members.includes(user) === true
    if (kept === undefined || resource?.value.kind !== 'User') {
      if (isMember) throw scimErrors.value(`members: there is no user of the id "${user.slice(0, 63)}".`)
      continue
    }
    const { groups: known = [], ...spec } = resource.value.spec
    const others = known.filter((each) => each !== before?.displayName && each !== after?.displayName)
    const groups = isMember ? [...others, after.displayName] : others
    if (groups.join('\n') === known.join('\n')) continue
    changes.push(
      putUser(organization, user, { ...spec, ...(groups.length > 0 && { groups }) }),
      // Its version changes with it.
      put(provisionedUsers, organization, user, kept.value, { expect: kept.version }),
    )
  }
  return changes
}
