import { canonicalJson } from '@portcullis/kernel/json'
import type { Secret } from '@portcullis/kernel/secret'
import {
  type Identity,
  identitiesFaults,
  type LdapDirectory,
  type LdapGroups,
} from '@portcullis/ports/identities/port'
import {
  type Client,
  type Entry,
  InvalidCredentialsError,
  NoSuchObjectError,
  type SearchOptions,
} from 'ldapts'
import { type ConnectionPool, openConnectionPool } from './connection-pool.ts'
import { escapeFilter, escapeName, fill } from './escape.ts'

/** Identities of directories alone. */
export interface LdapIdentities {
  verify(directory: LdapDirectory, name: string, password: Secret): Promise<Identity | undefined>
  close(): Promise<void>
}

const MAX_GROUPS = 1_000
/** What is no text. */
const BINARY = ['objectGUID'] as const
/** Longer ones are nobody's. RFC 4513 has no limit; a directory does. */
const MAX_NAME_CHARACTERS = 256
const MAX_PASSWORD_CHARACTERS = 1_024

/** Asks directories, over connections that are kept for as long as a directory is asked. */
export function openLdapIdentities(): LdapIdentities {
  const pools = new Map<string, ConnectionPool>()

  function poolOf(directory: LdapDirectory): ConnectionPool {
    const { urls, startTls, authorities, timeoutMillis, maxConnections, find } = directory
    const as = find.by === 'search' ? find.as.name : ''
    const name = canonicalJson({ urls, startTls, authorities, timeoutMillis, maxConnections, as })
    const pool = pools.get(name) ?? openConnectionPool(directory)
    pools.set(name, pool)
    return pool
  }

  async function verify(
    directory: LdapDirectory,
    name: string,
    password: Secret,
  ): Promise<Identity | undefined> {
    // A name with an empty password is bound as nobody in particular, which succeeds (RFC 4513 §5.1.2).
    if (password.reveal() === '' || name === '') return undefined
    if (name.length > MAX_NAME_CHARACTERS || password.reveal().length > MAX_PASSWORD_CHARACTERS)
      return undefined
    const pool = poolOf(directory)
    const { find } = directory
    if (find.by === 'name') {
      const dn = fill(find.template, { name }, escapeName)
      return pool.use(
        async (client) =>
          (await isBound(client, dn, password)) ? describe(client, directory, dn) : undefined,
        { keep: false },
      )
    }
    const dn = await pool.use(async (client) => entryNamed(client, directory, name), { keep: true })
    if (dn === undefined) return undefined
    // Who signs in gets a connection of its own: what it may see, and that it failed, stays there.
    if (!(await pool.use((client) => isBound(client, dn, password), { keep: false }))) return undefined
    return pool.use(
      async (client) => {
        await bindAsReader(client, directory)
        return describe(client, directory, dn)
      },
      { keep: true },
    )
  }

  return {
    async verify(directory, name, password) {
      try {
        return await verify(directory, name, password)
      } catch (cause) {
        throw identitiesFaults.unavailable({ internal: `${directory.urls.join(' ')} does not answer`, cause })
      }
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.close()))
      pools.clear()
    },
  }
}

async function isBound(client: Client, dn: string, password: Secret): Promise<boolean> {
  try {
    await client.bind(dn, password.reveal())
    return true
  } catch (thrown) {
    // Directories tell the two apart, callers must not learn it.
    if (thrown instanceof InvalidCredentialsError || thrown instanceof NoSuchObjectError) return false
    throw thrown
  }
}

async function bindAsReader(client: Client, { find }: LdapDirectory): Promise<void> {
  if (find.by === 'search' && !client.isBound) await client.bind(find.as.name, find.as.password.reveal())
}

/** The one entry that a name means: where there are two, nobody knows which of them signs in. */
async function entryNamed(
  client: Client,
  directory: LdapDirectory,
  name: string,
): Promise<string | undefined> {
  const { find } = directory
  if (find.by !== 'search') return undefined
  await bindAsReader(client, directory)
  const filter = fill(find.filter, { name }, escapeFilter)
  const entries = await search(client, find.base, { scope: 'sub', filter, attributes: ['1.1'], sizeLimit: 2 })
  return entries.length === 1 ? entries[0]?.dn : undefined
}

async function describe(client: Client, directory: LdapDirectory, dn: string): Promise<Identity | undefined> {
  const { attributes, subject, groups, roles } = directory
  const wanted = [...new Set([subject, ...attributes])]
  const [entry] = await search(client, dn, { scope: 'base', attributes: wanted })
  const named = entry && valuesOf(entry, subject)[0]
  if (entry === undefined || named === undefined) return undefined
  const memberOf = groups === undefined ? [] : await groupsOf(client, groups, dn)
  return {
    subject: named,
    groups: memberOf,
    roles: [
      ...new Set(memberOf.flatMap((group) => (Object.hasOwn(roles, group) ? (roles[group] ?? []) : []))),
    ],
    attributes: Object.fromEntries(
      attributes.flatMap((each): [string, string | string[]][] => {
        const values = valuesOf(entry, each)
        return values.length === 0 ? [] : [[each, values.length === 1 ? (values[0] as string) : values]]
      }),
    ),
  }
}

/** The groups of an entry, and those of these groups, level by level; each once, so that a circle ends. */
async function groupsOf(
  client: Client,
  { base, filter, name, depth }: LdapGroups,
  dn: string,
): Promise<string[]> {
  const names = new Set<string>()
  const seen = new Set<string>()
  let level = [dn]
  for (let i = 0; i < depth && level.length > 0; i++) {
    const above: string[] = []
    for (const member of level) {
      const options = {
        scope: 'sub' as const,
        filter: fill(filter, { dn: member }, escapeFilter),
        attributes: [name],
        sizeLimit: MAX_GROUPS,
      }
      for (const entry of await search(client, base, options)) {
        if (seen.has(entry.dn)) continue
        if (seen.size >= MAX_GROUPS) throw new RangeError(`${dn} is in more than ${MAX_GROUPS} groups`)
        seen.add(entry.dn)
        above.push(entry.dn)
        for (const each of valuesOf(entry, name)) names.add(each)
      }
    }
    level = above
  }
  return [...names]
}

/** References to other servers are not followed: nobody has said that they may be asked. */
async function search(client: Client, base: string, options: SearchOptions): Promise<Entry[]> {
  const { searchEntries, searchReferences } = await client.search(base, {
    ...options,
    derefAliases: 'never',
    explicitBufferAttributes: [...BINARY],
  })
  if (searchReferences.length > 0) throw new Error('the directory refers to another server')
  return searchEntries
}

/** Attribute names know no case (RFC 4512 §2.5). */
function valuesOf(entry: Entry, attribute: string): string[] {
  const found = Object.entries(entry).find(([key]) => key.toLowerCase() === attribute.toLowerCase())
  return [found?.[1] ?? []]
    .flat()
    .map((each) => (typeof each === 'string' ? each : guidOf(each)))
    .filter((each) => each !== '')
}

/** Sixteen bytes of Active Directory as it writes them itself: the first three groups turned round ([MS-DTYP] §2.3.4.2). */
function guidOf(bytes: Uint8Array): string {
  const hex = (from: number, to: number, isTurned: boolean): string => {
    const part = [...bytes.subarray(from, to)].map((each) => each.toString(16).padStart(2, '0'))
    return (isTurned ? part.reverse() : part).join('')
  }
  if (bytes.byteLength !== 16) return ''
  return [hex(0, 4, true), hex(4, 6, true), hex(6, 8, true), hex(8, 10, false), hex(10, 16, false)].join('-')
}
