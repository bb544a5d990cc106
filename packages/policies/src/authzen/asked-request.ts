import type { Entities, Entity } from '@portcullis/cedar/entity'
import { parseIp } from '@portcullis/cedar/extension/ip'
import type { CedarRequest } from '@portcullis/cedar/request'
import { type CedarRecord, CedarSet, type CedarValue, EntityRef } from '@portcullis/cedar/value'
import { apiVersionEntity, entityOf, type Known } from '@portcullis/policy-kit/condition/call-context'
import { LookupRecord, valueOfJson } from '@portcullis/policy-kit/condition/host-value'
import { vocabulary } from '@portcullis/policy-kit/condition/vocabulary'
import { wallClock } from '@portcullis/policy-kit/condition/wall-clock'
import type { AuthzenFacts } from './contract.ts'
import type { Evaluation } from './question.ts'

/**
 * A question as Cedar sees it, in the words in which calls are asked about: whoever writes `context.address` in a
 * policy need not know whether a call came here or somebody else asks about one. The properties of subjects
 * are their attributes, and `roles` and `groups` among them what they are below; of API versions the attributes are ours.
 */
export function askedRequest(
  { subject, action, resource, context }: Evaluation,
  { apis, revision }: Pick<AuthzenFacts, 'apis' | 'revision'>,
  nowMillis: number,
): CedarRequest {
  const principal = subjectEntity(subject)
  const api = resource.type === 'ApiVersion' ? apis.get(resource.id) : undefined
  const target = api === undefined ? plainEntity(resource) : apiVersionEntity(api)
  const entities: Entities = {
    find: (ref) => [principal, target].find((each) => each.ref.equals(ref))?.entity,
  }
  return {
    principal: principal.ref,
    action: new EntityRef('Action', action.name),
    resource: target.ref,
    context: new AskedContext(context, revision.environment, nowMillis),
    entities,
  }
}

interface Named {
  readonly type: string
  readonly id: string
  readonly properties: Readonly<Record<string, unknown>>
}

function subjectEntity({ type, id, properties }: Named): Known {
  const above = [...refsTo('Role', properties.roles), ...refsTo('Group', properties.groups)]
  return { ref: new EntityRef(type, id), entity: entityOf(attributesOf(properties), above) }
}

function plainEntity({ type, id, properties }: Named): { readonly ref: EntityRef; readonly entity: Entity } {
  return { ref: new EntityRef(type, id), entity: entityOf(attributesOf(properties), []) }
}

function refsTo(type: string, ids: unknown): EntityRef[] {
  if (!Array.isArray(ids)) return []
  return ids.flatMap((each: unknown) => (typeof each === 'string' ? [new EntityRef(type, each)] : []))
}

function attributesOf(properties: Readonly<Record<string, unknown>>): Record<string, CedarValue> {
  const entries = Object.entries(properties).flatMap(([name, json]) => {
    const value = valueOfJson(json)
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(entries)
}

/** The words of conditions, as far as whoever asks tells them; the environment, and unless told the time, are ours. */
class AskedContext implements CedarRecord {
  readonly kind = 'record'
  readonly #told: Readonly<Record<string, unknown>>
  readonly #environment: string
  readonly #nowMillis: number

  constructor(told: Readonly<Record<string, unknown>>, environment: string, nowMillis: number) {
    this.#told = told
    this.#environment = environment
    this.#nowMillis = nowMillis
  }

  attribute(name: string): CedarValue | undefined {
    if (name === 'environment') return this.#environment
    if (name === 'time') return this.#time()
    if (name === 'zone') return this.#zone()
    const word = Object.hasOwn(vocabulary, name) ? vocabulary[name] : undefined
    const told = Object.hasOwn(this.#told, name) ? this.#told[name] : undefined
    if (told === undefined) return word?.type === 'Set<String>' ? NOTHING : undefined
    return word?.type === 'ipaddr' ? addressOf(told) : valueOfJson(told)
  }

  names(): Iterable<string> {
    return new Set([...Object.keys(this.#told), 'environment', 'time', 'zone'])
  }

  #time(): CedarValue | undefined {
    if (!Object.hasOwn(this.#told, 'time')) return { kind: 'datetime', milliseconds: this.#nowMillis }
    const { time } = this.#told
    return typeof time === 'string' ? timeOf(time) : undefined
  }

  #zone(): CedarValue | undefined {
    const time = this.#time()
    if (typeof time !== 'object' || time.kind !== 'datetime') return undefined
    return new LookupRecord(
      (zone) => wallClock(zone, Number(time.milliseconds)),
      () => [],
    )
  }
}

const NOTHING = new CedarSet([])

function addressOf(told: unknown): CedarValue | undefined {
  return typeof told === 'string' ? parseIp(told) : undefined
}

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/

/** A timestamp of RFC 3339. */
function timeOf(text: string): CedarValue | undefined {
  const milliseconds = TIMESTAMP.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(milliseconds) ? undefined : { kind: 'datetime', milliseconds }
}
