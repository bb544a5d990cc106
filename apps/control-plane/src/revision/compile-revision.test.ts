import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { canonicalJson } from '@portcullis/kernel/json'
import { z } from '@portcullis/kernel/schema'
import { contract } from '@portcullis/model/contract'
import { type Kind, type Resource, type ResourceOf, specs } from '@portcullis/model/resource/resource'
import { revision } from '@portcullis/model/revision'
import { describe, expect, it } from 'vitest'
import { compileRevision, type RevisionContent, type RevisionSource } from './compile-revision.ts'

/**
 * Golden revisions: `golden/NAME.input.json` is compiled and compared with `golden/NAME.json`. To add a case, write its
 * input. To accept what the compiler now makes of all of them, run this file with UPDATE_GOLDEN=1, and read the
 * difference before you commit it: it is what every gateway will do.
 */
const folder = new URL('./golden/', import.meta.url)
const cases = readdirSync(folder)
  .filter((file) => file.endsWith('.input.json'))
  .map((file) => file.slice(0, -'.input.json'.length))

const input = z.strictObject({
  environment: z.string(),
  authserverUrl: z.string(),
  /** By `api/version`. */
  contracts: z.record(z.string(), contract),
  resources: z.array(
    z.strictObject({
      kind: z.enum(Object.keys(specs) as [Kind, ...Kind[]]),
      organization: z.string(),
      name: z.string(),
      spec: z.record(z.string(), z.unknown()),
    }),
  ),
})

function readCase(name: string): RevisionSource {
  const text = readFileSync(new URL(`${name}.input.json`, folder), 'utf8')
  const { environment, authserverUrl, contracts, resources } = input.parse(JSON.parse(text))
  const all = resources.map((each) => ({ ...each, spec: specs[each.kind].parse(each.spec) }) as Resource)
  const of = <K extends Kind>(kind: K): ResourceOf<K>[] =>
    all.filter((each) => each.kind === kind) as unknown as ResourceOf<K>[]
  const found = of('Environment').find((each) => each.name === environment)
  if (found === undefined) throw new TypeError(`${name} has no environment "${environment}"`)
  return {
    environment: found,
    environments: of('Environment'),
    groups: of('GatewayGroup'),
    apis: of('Api'),
    products: of('Product'),
    plans: of('Plan'),
    addressLists: of('AddressList').map(({ name: list, spec }) => ({ list, entries: spec.entries ?? [] })),
    policySets: of('PolicySet'),
    apps: of('App'),
    subscriptions: of('Subscription'),
    contract: (api, version) => contract.parse(contracts[`${api}/${version}`]),
    expressions: () => [],
    condition: (text) => ({ Value: text }),
    policies: () => [],
    authserverUrl,
  }
}

function numbered(content: RevisionContent): unknown {
  return { ...content, number: 1, publishedAt: '2026-01-01T00:00:00.000Z' }
}

describe('a compiled revision', () => {
  it.each(cases)('%s: is what it was', (name) => {
    const actual = `${canonicalJson(compileRevision(readCase(name)), 2)}\n`
    const golden = new URL(`${name}.json`, folder)
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, actual)
    expect(actual).toBe(readFileSync(golden, 'utf8'))
  })

  it.each(cases)('%s: is read by a gateway as it stands', (name) => {
    expect(revision.safeParse(numbered(compileRevision(readCase(name)))).error).toBeUndefined()
  })

  it.each(cases)('%s: is the same in whatever order the resources come', (name) => {
    const source = readCase(name)
    const reversed = {
      ...source,
      groups: source.groups.toReversed(),
      apis: source.apis.toReversed(),
      products: source.products.toReversed(),
      plans: source.plans.toReversed(),
      subscriptions: source.subscriptions.toReversed(),
    }
    expect(canonicalJson(compileRevision(reversed))).toBe(canonicalJson(compileRevision(source)))
  })
})
