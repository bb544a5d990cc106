import { generateKeyPairSync } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { kindsOf } from '@portcullis/kernel/fault'
import { issuesOf, z } from '@portcullis/kernel/schema'
import { Secret } from '@portcullis/kernel/secret'
import { type AttachmentDeclaration, attachmentDeclarations } from '@portcullis/model/attachment'
import type { RevisionPolicySet } from '@portcullis/model/revision'
import { objectionsToCondition } from '@portcullis/policy-kit/condition/check-condition'
import { expressionsIn } from '@portcullis/policy-kit/condition/expression-in'
import { conditionOf } from '@portcullis/policy-kit/condition-test-kit'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import { namedIn, phases } from '@portcullis/policy-kit/phase'
import { type AnyPolicy, policyOf } from '@portcullis/policy-kit/policy'
import { bindFor, runThrough, testExchange, testRevision } from '@portcullis/policy-kit/test-kit'
import { awayCounters } from '@portcullis/ports/counters/away'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { catalog } from './catalog.ts'

/** A secret under every name; some policies want a key. */
const anyKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()

const policies = catalog.map((policy) => [policy.contract.id, policy] as const)

interface JsonSchema {
  readonly type?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, JsonSchema>>
}

/** The schema from which a form and the reference page are drawn. */
function formSchemaOf(policy: AnyPolicy): JsonSchema {
  return z.toJSONSchema(policy.contract.config, { io: 'input' }) as JsonSchema
}

/** Every setting of a schema with its description: `request.set`. */
function settingsOf(schema: JsonSchema, prefix = ''): { path: string; schema: JsonSchema }[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, inner]) => [
    { path: prefix + key, schema: inner },
    ...settingsOf(inner, `${prefix}${key}.`),
  ])
}

function readmeOf(policy: AnyPolicy): string {
  return readFileSync(new URL(`./${policy.contract.id}/README.md`, import.meta.url), 'utf8')
}

/** The attachments in the YAML examples of a README. */
function examplesIn(readme: string): AttachmentDeclaration[][] {
  const blocks = [...readme.matchAll(/^```yaml\n(.*?)^```$/gms)].map((match) => match[1] as string)
  return blocks.map((block) => attachmentDeclarations.parse((parse(block) as { policies: unknown }).policies))
}

/** A call on which every policy would run, of which nothing can be read. */
function brokenExchange(x: Exchange): Exchange {
  const broken = Object.create(x) as Exchange
  for (const fact of ['request', 'principal', 'match', 'preflight', 'receivedAt'] as const) {
    Object.defineProperty(broken, fact, {
      get: () => {
        throw new Error(`${fact} cannot be read: 192.0.2.1`)
      },
    })
  }
  return broken
}

/** Settings under which a policy has something to do: the first example of its README. */
function exampleConfigOf(policy: AnyPolicy): AttachmentDeclaration['config'] {
  const own = examplesIn(readmeOf(policy))
    .flat()
    .find((example) => example.policy === policy.contract.id)
  if (own === undefined) throw new RangeError(`the README of ${policy.contract.id} has no example of it`)
  return own.config
}

const everybody: RevisionPolicySet['policies'][number]['policy'] = {
  effect: 'permit',
  principal: { op: 'All' },
  action: { op: 'All' },
  resource: { op: 'All' },
  conditions: [],
}
const demanding = testRevision(
  { policySets: [{ policySet: 'everybody', policies: [{ id: 'policy0', policy: everybody }] }] },
  {
    schemes: {
      login: { type: 'oauth2' },
      key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      password: { type: 'http', scheme: 'basic' },
      certificate: { type: 'mutualTLS' },
      staff: { type: 'http', scheme: 'saml' },
      soap: { type: 'http', scheme: 'wsse' },
    },
    operations: [
      {
        id: 'listItems',
        method: 'GET',
        path: '/items',
        security: [
          { login: ['a'] },
          { key: [] },
          { password: [] },
          { certificate: [] },
          { staff: [] },
          { soap: [] },
        ],
        policies: [],
      },
    ],
  },
)

/** What answers questions itself has an operation of its own. */
const answering = testRevision(
  {},
  {
    schemes: { login: { type: 'oauth2' } },
    operations: [
      {
        id: 'ask',
        method: 'POST',
        path: '/access/v1/evaluation',
        security: [{ login: ['ask'] }],
        policies: [],
      },
    ],
  },
)

/** A call on which the policy has something to do. */
function exchangeFor({ contract }: AnyPolicy): Exchange {
  const found = [demanding, answering].find((revision) => {
    const [api] = revision.apis
    const [operation] = api?.operations ?? []
    if (api === undefined || operation === undefined) throw new RangeError('there is no operation')
    return contract.derive === undefined || contract.derive({ revision, api, operation }) !== undefined
  })
  return testExchange({ revision: found ?? demanding })
}

describe('the catalogue', () => {
  it('names every policy once, as code, URL and metric label can carry it', () => {
    const ids = catalog.map((policy) => policy.contract.id)
    expect(new Set(ids).size).toBe(ids.length)
    for (const id of ids) expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/)
  })
})

describe.each(policies)('%s', (id, policy) => {
  const { contract } = policy
  const readme = readmeOf(policy)

  it('stands in a phase and says in one sentence what it protects from', () => {
    expect(phases).toContain(contract.phase)
    expect(contract.summary).toMatch(/^[A-Z].{20,120}\.$/)
  })

  it('is named in the order of no other phase than its own', () => {
    expect(phases.filter((phase) => phase !== contract.phase && namedIn(phase).includes(id))).toEqual([])
  })

  it('has a README that begins with its name and its summary', () => {
    expect(readme.split('\n\n').slice(0, 2)).toEqual([`# ${id}`, contract.summary])
  })

  it('has faults of its own area, each with a status, a title and a remedy, and each in the README', () => {
    const kinds = kindsOf(contract.faults)
    for (const kind of kinds) {
      expect(kind.code).toMatch(new RegExp(`^${id}\\.[a-z]+(-[a-z]+)*$`))
      expect(kind.status).toBeGreaterThanOrEqual(400)
      expect(kind.status).toBeLessThan(600)
      expect(kind.title).toMatch(/^[A-Z]/)
      expect(kind.remedy).toMatch(/^[A-Z].*\.$/)
      expect(readme).toContain(`| \`${kind.code}\` | ${kind.status} |`)
    }
  })

  it('has a README without codes that nothing raises', () => {
    const codes = new Set(kindsOf(contract.faults).map((kind) => kind.code))
    const told = [...readme.matchAll(/^\| `([a-z-]+\.[a-z-]+)` \| \d{3} \|/gm)].map(
      (match) => match[1] as string,
    )
    expect(told.filter((code) => !codes.has(code))).toEqual([])
  })

  it('has a config schema from which a form can be drawn, with a description of every setting', () => {
    const schema = formSchemaOf(policy)
    expect(schema.type).toBe('object')
    for (const setting of settingsOf(schema))
      expect(setting.schema.description, setting.path).toMatch(/^[A-Z].*\.$/)
    expect(() => z.toJSONSchema(contract.config, { io: 'output' })).not.toThrow()
  })

  it('explains every setting in its README, and none that is not there', () => {
    const settings = settingsOf(formSchemaOf(policy))
    const leaves = settings.filter(({ schema }) => schema.properties === undefined).map(({ path }) => path)
    const table = readme.split(/^## Settings$/m)[1]?.split(/^##+ /m)[0] ?? ''
    const told = [...table.matchAll(/^\| `([A-Za-z.]+)` \|/gm)].map((match) => match[1] as string)
    expect(told).toEqual(leaves)
  })

  it('refuses settings that it does not know', () => {
    const issues = issuesOf(contract.config, { ...exampleConfigOf(policy), surelyUnknown: true })
    expect(issues.map((issue) => issue.path)).toEqual(['/surelyUnknown'])
  })

  it('keeps a config as it was written: parsed again it is the same', () => {
    const once = contract.config.parse(exampleConfigOf(policy))
    expect(contract.config.parse(JSON.parse(JSON.stringify(once)))).toEqual(once)
  })

  it('has examples in its README that parse, of itself', () => {
    const examples = examplesIn(readme).flat()
    expect(examples.map((example) => example.policy)).toContain(id)
    for (const example of examples) {
      const of = policyOf(catalog, example.policy)
      expect(of, example.policy).toBeDefined()
      expect(issuesOf(of?.contract.config ?? z.never(), example.config)).toEqual([])
      expect(example.failOpen && !of?.contract.mayFailOpen).toBe(false)
    }
  })

  it('has examples whose expressions can be asked in its phase', () => {
    for (const example of examplesIn(readme).flat()) {
      for (const { text } of expressionsIn(catalog, example)) {
        const phase = policyOf(catalog, example.policy)?.contract.phase ?? 'connection'
        expect(objectionsToCondition(conditionOf(text).expression, phase)).toEqual([])
      }
    }
  })

  it('can run with its defaults where its facts alone make it run', () => {
    if (contract.derive === undefined || contract.onlyAttached === true) return
    expect(contract.config.safeParse({}).success).toBe(true)
  })

  it('refuses, and tells the caller nothing, when it fails', async () => {
    const x = exchangeFor(policy)
    const steps = bindFor(policy, { config: exampleConfigOf(policy) }, x, {
      counters: awayCounters(() => Promise.reject(new Error('never asked'))),
      keys: { find: () => Promise.reject(new Error('never asked')) },
      web: { ask: () => Promise.reject(new Error('never asked')) },
      vault: { secret: () => new Secret(anyKey) },
    })
    const onlyRequest = steps.map((step) => ({
      ...step,
      bound: { onRequest: step.bound.onRequest?.bind(step.bound) },
    }))
    const { ending, reply } = await runThrough(onlyRequest as typeof steps, brokenExchange(x))
    expect(ending).toMatchObject({ verdict: 'refuse', fault: { code: 'step.failed', status: 503 } })
    expect(new TextDecoder().decode(reply.body as Uint8Array)).not.toContain('192.0.2.1')
  })
})
