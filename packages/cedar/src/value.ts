import type { Datetime, Duration } from './extension/datetime.ts'
import { type Decimal, equalDecimals } from './extension/decimal.ts'
import { equalIpRanges, type IpRange } from './extension/ip.ts'
import type { Long } from './long.ts'

/**
 * A value of the Cedar language. Texts and booleans are themselves; everything with parts is an object with a kind,
 * so that records may be objects of the host which compute an attribute when a policy asks for it.
 */
export type CedarValue = boolean | string | Long | EntityRef | CedarSet | CedarRecord | Extension

export type Extension = Decimal | IpRange | Datetime | Duration

export type Kind = 'boolean' | 'string' | 'long' | 'entity' | 'set' | 'record' | Extension['kind']

/** What a policy sees of a record. An attribute answers the same as long as one request is decided. */
export interface CedarRecord {
  readonly kind: 'record'
  /** Undefined where the record has no such attribute. */
  attribute(name: string): CedarValue | undefined
  /** Asked only when records are compared as wholes. */
  names(): Iterable<string>
}

/** The name of an entity: `User::"ada"` has type `User` and id `ada`. */
export class EntityRef {
  readonly kind = 'entity'
  readonly type: string
  readonly id: string
  /** Different for different entities: a type holds no NUL. */
  readonly key: string

  constructor(type: string, id: string) {
    this.type = type
    this.id = id
    this.key = `${type}\0${id}`
  }

  equals(other: EntityRef): boolean {
    return this === other || (this.id === other.id && this.type === other.type)
  }
}

export function kindOf(value: CedarValue): Kind {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'boolean':
      return 'boolean'
    case 'object':
      return value.kind
    default:
      return 'long'
  }
}

/** The record with these attributes. */
export class PlainRecord implements CedarRecord {
  readonly kind = 'record'
  readonly #attributes: ReadonlyMap<string, CedarValue>

  constructor(attributes: ReadonlyMap<string, CedarValue>) {
    this.#attributes = attributes
  }

  attribute(name: string): CedarValue | undefined {
    return this.#attributes.get(name)
  }

  names(): Iterable<string> {
    return this.#attributes.keys()
  }
}

/** Below this many elements looking at each is faster than hashing. */
const HASH_FROM = 8

/** Values without order, each counted once. */
export class CedarSet {
  readonly kind = 'set'
  readonly elements: readonly CedarValue[]
  #keys: Set<HashKey> | undefined

  constructor(values: readonly CedarValue[]) {
    if (values.length < HASH_FROM) {
      this.elements = values.filter((value, at) => !hasBefore(values, at, value))
      return
    }
    const byKey = new Map(values.map((value) => [hashKey(value), value]))
    this.elements = [...byKey.values()]
    this.#keys = new Set(byKey.keys())
  }

  contains(value: CedarValue): boolean {
    if (this.#keys !== undefined) return this.#keys.has(hashKey(value))
    for (const element of this.elements) if (equalValues(element, value)) return true
    return false
  }

  containsAll(other: CedarSet): boolean {
    return other.elements.every((element) => this.contains(element))
  }

  containsAny(other: CedarSet): boolean {
    const [few, many] =
      this.elements.length < other.elements.length ? [this, other] : ([other, this] as const)
    return few.elements.some((element) => many.contains(element))
  }
}

function hasBefore(values: readonly CedarValue[], end: number, value: CedarValue): boolean {
  for (let at = 0; at < end; at++) if (equalValues(values[at] as CedarValue, value)) return true
  return false
}

/** Cedar's `==`: by structure, and false between different kinds. */
export function equalValues(a: CedarValue, b: CedarValue): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object') return false
  switch (a.kind) {
    case 'entity':
      return b.kind === 'entity' && a.id === b.id && a.type === b.type
    case 'set':
      return b.kind === 'set' && a.elements.length === b.elements.length && a.containsAll(b)
    case 'record':
      return b.kind === 'record' && equalRecords(a, b)
    case 'decimal':
      return b.kind === 'decimal' && equalDecimals(a, b)
    case 'ipaddr':
      return b.kind === 'ipaddr' && equalIpRanges(a, b)
    case 'datetime':
    case 'duration':
      return b.kind === a.kind && a.milliseconds === b.milliseconds
  }
}

function equalRecords(a: CedarRecord, b: CedarRecord): boolean {
  let count = 0
  for (const name of a.names()) {
    const left = a.attribute(name)
    if (left === undefined) continue
    count++
    const right = b.attribute(name)
    if (right === undefined || !equalValues(left, right)) return false
  }
  for (const name of b.names()) if (b.attribute(name) !== undefined) count--
  return count === 0
}

export type HashKey = string | number | bigint | boolean

/**
 * Equal for equal values and for no others. Numbers and booleans are their own keys; texts get a sign in front that
 * no key of another kind begins with.
 */
export function hashKey(value: CedarValue): HashKey {
  if (typeof value === 'string') return `"${value}`
  return typeof value === 'object' ? textKey(value) : value
}

function textKey(value: CedarValue): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object') return String(value)
  switch (value.kind) {
    case 'entity':
      return `e${JSON.stringify([value.type, value.id])}`
    case 'set':
      return `[${value.elements.map(textKey).toSorted().join(',')}]`
    case 'record':
      return `{${[...value.names()]
        .toSorted()
        .map((name) => fieldKey(value, name))
        .join('')}}`
    case 'decimal':
      return `d${value.tenThousandths}`
    case 'ipaddr':
      return `i${value.version}:${value.address}/${value.prefix}`
    case 'datetime':
      return `t${value.milliseconds}`
    case 'duration':
      return `u${value.milliseconds}`
  }
}

function fieldKey(record: CedarRecord, name: string): string {
  const value = record.attribute(name)
  return value === undefined ? '' : `${JSON.stringify(name)}:${textKey(value)},`
}
