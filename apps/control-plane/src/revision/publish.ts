import { canonicalJson } from '@portcullis/kernel/json'
import { idOf, type RevisionHead, revisionHeads, revisions } from '@portcullis/model/collection'
import type { Revision } from '@portcullis/model/revision'
import { expressionsIn } from '@portcullis/policy-kit/condition/expression-in'
import type { Catalog } from '@portcullis/policy-kit/policy'
import { type Change, type Document, put, remove, type Store } from '@portcullis/ports/store/port'
import { findAll } from '../state/find-all.ts'
import type { Landscape } from '../state/landscape.ts'
import { compileRevision, type RevisionContent } from './compile-revision.ts'
import { payloadOf, signRevision } from './sign-revision.ts'
import type { SigningKey } from './signing-key.ts'

export interface PublishParts {
  readonly store: Store
  readonly catalog: Catalog
  readonly key: SigningKey
  readonly authserverUrl: string
  readonly nowMillis: number
}

export interface Publication {
  readonly published: readonly Revision[]
  readonly changes: readonly Change[]
}

/**
 * The next revision of every environment whose enforced content changed, and the end of those whose environment is
 * gone. Their revisions stay, so that an environment of the same name goes on counting.
 */
export async function publish(parts: PublishParts, landscape: Landscape): Promise<Publication> {
  const published: Revision[] = []
  const changes: Change[] = []
  for (const organization of landscape.organizations) {
    const heads = new Map(
      (await findAll(parts.store, revisionHeads, organization)).map((each) => [each.id, each]),
    )
    for (const content of contentsOf(landscape, organization, parts)) {
      const head = heads.get(idOf.revisionHead(content.environment))
      heads.delete(idOf.revisionHead(content.environment))
      const next = await nextRevision(parts, content, head)
      if (next === undefined) continue
      published.push(next)
      changes.push(...(await publishing(parts, next, head)))
    }
    changes.push(
      ...[...heads.values()].map((head) => remove(revisionHeads, organization, head.id, head.version)),
    )
  }
  return { published, changes }
}

function contentsOf(
  landscape: Landscape,
  organization: string,
  { authserverUrl, catalog }: PublishParts,
): RevisionContent[] {
  const own = <T extends { readonly organization: string }>(all: readonly T[]): T[] =>
    all.filter((each) => each.organization === organization)
  return own(landscape.of('Environment')).map((environment) =>
    compileRevision({
      environment,
      environments: own(landscape.of('Environment')),
      groups: own(landscape.of('GatewayGroup')),
      apis: own(landscape.of('Api')),
      products: own(landscape.of('Product')),
      plans: own(landscape.of('Plan')),
      addressLists: own(landscape.of('AddressList')).map((list) => {
        const entries = landscape.entriesOf(list)
        return { list: list.name, ...(entries && { entries: [...entries] }) }
      }),
      policySets: own(landscape.of('PolicySet')),
      apps: own(landscape.of('App')),
      subscriptions: own(landscape.of('Subscription')),
      contract: (api, version) => {
        const contract = landscape.contract(organization, api, version)
        if (contract === undefined) throw new TypeError(`${organization}/${api}/${version} was not compiled`)
        return contract
      },
      condition: (text) => {
        const parsed = landscape.condition(text)
        if (!parsed.ok) throw new TypeError(`the condition ${text} was not refused`)
        return parsed.value
      },
      policies: (text) => {
        const parsed = landscape.policies(text)
        if (!parsed.ok) throw new TypeError('the text of a policy set was not refused')
        return parsed.value
      },
      expressions: (attachment) => expressionsIn(catalog, attachment).map(({ text }) => text),
      authserverUrl,
    }),
  )
}

/** The content under its number, unless it is what is live already. */
async function nextRevision(
  { store, nowMillis }: PublishParts,
  content: RevisionContent,
  head: Document<RevisionHead> | undefined,
): Promise<Revision | undefined> {
  const { organization, environment } = content
  const publishedAt = new Date(nowMillis).toISOString()
  if (head === undefined) {
    const number = (await lastNumber(store, organization, environment)) + 1
    return { ...content, number, publishedAt }
  }
  const live = await store.get(revisions, organization, idOf.revision(environment, head.value.number))
  if (live !== undefined && isSame(payloadOf(live.value), content)) return undefined
  return { ...content, number: head.value.number + 1, publishedAt }
}

/** What an earlier version published in another form is not the same, and is published anew. */
function isSame(live: unknown, content: RevisionContent): boolean {
  const { number, publishedAt, ...rest } = live as Readonly<Record<string, unknown>>
  return canonicalJson(rest) === canonicalJson(content)
}

/** Of an environment without a live revision: that of the last one that had its name. */
async function lastNumber(store: Store, organization: string, environment: string): Promise<number> {
  const first = await store.get(revisions, organization, idOf.revision(environment, 1))
  if (first === undefined) return 0
  const all = await findAll(store, revisions, organization, { prefix: `${environment}/` })
  return all.at(-1)?.value.number ?? 0
}

async function publishing(
  { key }: PublishParts,
  next: Revision,
  head: Document<RevisionHead> | undefined,
): Promise<Change[]> {
  const { organization, environment, number } = next
  const signed = await signRevision(next, key)
  return [
    put(revisions, organization, idOf.revision(environment, number), signed, { expect: 'absent' }),
    put(
      revisionHeads,
      organization,
      idOf.revisionHead(environment),
      { number },
      { expect: head?.version ?? 'absent' },
    ),
  ]
}
