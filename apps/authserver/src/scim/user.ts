import { z } from '@portcullis/kernel/schema'
import { group, role } from '@portcullis/model/resource/role'
import type { UserSpec } from '@portcullis/model/resource/user'
import type { ProvisionedUser } from '@portcullis/model/user/provisioned'
import type { Complex } from './match.ts'
import { scimErrors } from './scim-error.ts'

export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'

/** A user as it is kept: what every user has, and what the client says besides. */
export interface KeptUser {
  readonly spec: UserSpec
  readonly provisioned: ProvisionedUser
  readonly version: number
}

const text = (most: number) => z.string().max(most)
const optional = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? undefined)
/** As some clients write it. */
const truth = z.union([
  z.boolean(),
  z.enum(['True', 'False', 'true', 'false']).transform((word) => /^t/i.test(word)),
])

const valued = z.looseObject({ value: text(256), primary: optional(truth) })

/** What of a User (RFC 7643 §4.1) is taken; what else clients send is theirs to keep (§3.3: it may be ignored). */
const written = z.looseObject({
  userName: text(254).min(1),
  externalId: optional(text(256)),
  displayName: optional(text(200)),
  name: optional(
    z.looseObject({
      formatted: optional(text(200)),
      givenName: optional(text(100)),
      familyName: optional(text(100)),
    }),
  ),
  emails: optional(z.array(valued).max(20)),
  roles: optional(
    z.array(z.union([valued, text(64).transform((value) => ({ value, primary: undefined }))])).max(64),
  ),
  active: optional(truth),
})

/** What a client wrote, as it is kept. Groups are kept by the groups. */
export function readUser(
  body: unknown,
  before?: KeptUser,
): { readonly spec: UserSpec; readonly said: Omit<ProvisionedUser, 'user' | 'createdAt' | 'changedAt'> } {
  const parsed = written.safeParse(body)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw scimErrors.value(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is wrong'}`)
  }
  const { userName, externalId, displayName, name, emails, roles, active = true } = parsed.data
  const email = (emails?.find(({ primary }) => primary === true) ?? emails?.[0])?.value
  if (email !== undefined && !z.email().max(254).safeParse(email).success)
    throw scimErrors.value('emails: is no mail address')
  const roleNames = [...new Set((roles ?? []).map(({ value }) => value))]
  if (!roleNames.every((each) => role.safeParse(each).success)) throw scimErrors.value('roles: is no role')
  const full = [name?.givenName, name?.familyName].filter((each) => each !== undefined).join(' ')
  const title = displayName || name?.formatted || full || userName
  const groups = before?.spec.groups
  return {
    spec: {
      title: title.slice(0, 200),
      ...(email !== undefined && { email }),
      disabled: !active,
      ...(roleNames.length > 0 && { roles: roleNames }),
      ...(groups !== undefined && { groups }),
    },
    said: {
      userName,
      ...(externalId !== undefined && { externalId }),
      ...(name?.givenName !== undefined && { givenName: name.givenName }),
      ...(name?.familyName !== undefined && { familyName: name.familyName }),
    },
  }
}

/** As clients read it. `base`: the address of the service. */
export function writeUser({ spec, provisioned, version }: KeptUser, base: string): Complex {
  const { user, userName, externalId, givenName, familyName, createdAt, changedAt } = provisioned
  const hasName = givenName !== undefined || familyName !== undefined
  return {
    schemas: [USER],
    id: user,
    ...(externalId !== undefined && { externalId }),
    userName,
    displayName: spec.title,
    ...(hasName && {
      name: {
        ...(givenName !== undefined && { givenName }),
        ...(familyName !== undefined && { familyName }),
      },
    }),
    ...(spec.email !== undefined && { emails: [{ value: spec.email, type: 'work', primary: true }] }),
    ...(spec.roles !== undefined && { roles: spec.roles.map((value) => ({ value })) }),
    ...(spec.groups !== undefined && { groups: spec.groups.map((display) => ({ display })) }),
    active: !spec.disabled,
    meta: {
      resourceType: 'User',
      created: createdAt,
      lastModified: changedAt,
      location: `${base}/Users/${user}`,
      version: etagOf(version),
    },
  }
}

export function etagOf(version: number): string {
  return `W/"${version}"`
}

export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group'

const writtenGroup = z.looseObject({
  displayName: group,
  externalId: optional(text(256)),
  members: optional(z.array(z.looseObject({ value: text(63) })).max(2000)),
})

export function readGroup(body: unknown) {
  const parsed = writtenGroup.safeParse(body)
  if (!parsed.success)
    throw scimErrors.value('That is no Group: displayName, and at most 2000 members by their ids.')
  const { displayName, externalId, members = [] } = parsed.data
  return {
    displayName,
    ...(externalId !== undefined && { externalId }),
    members: [...new Set(members.map(({ value }) => value))],
  }
}
