import { type CedarRecord, CedarSet, type CedarValue } from '@portcullis/cedar/value'

/** How deep lists may stand in lists: what callers send is not to exhaust the stack. */
const MAX_LIST_DEPTH = 16

/**
 * What JSON holds, as conditions see it: texts, booleans, whole numbers, sets, records. Null, fractions and what is too
 * deep are as if they were absent: Cedar has no word for them.
 */
export function valueOfJson(json: unknown, depth = 0): CedarValue | undefined {
  switch (typeof json) {
    case 'string':
    case 'boolean':
      return json
    case 'number':
      // Without the sign of a zero, which Cedar does not know.
      return Number.isSafeInteger(json) ? json + 0 : undefined
    case 'object':
      if (json === null) return undefined
      if (Array.isArray(json)) return depth < MAX_LIST_DEPTH ? setOfJson(json, depth) : undefined
      return new JsonRecord(json as Readonly<Record<string, unknown>>)
    default:
      return undefined
  }
}

function setOfJson(list: readonly unknown[], depth: number): CedarSet {
  return new CedarSet(list.map((each) => valueOfJson(each, depth + 1)).filter((each) => each !== undefined))
}

/** An object of JSON, of which only what is asked for is turned into values. */
export class JsonRecord implements CedarRecord {
  readonly kind = 'record'
  readonly #object: Readonly<Record<string, unknown>>

  constructor(object: Readonly<Record<string, unknown>>) {
    this.#object = object
  }

  attribute(name: string): CedarValue | undefined {
    // Own keys only: nobody sent `constructor`.
    return Object.hasOwn(this.#object, name) ? valueOfJson(this.#object[name]) : undefined
  }

  names(): Iterable<string> {
    return Object.keys(this.#object).filter((name) => this.attribute(name) !== undefined)
  }
}

/** A record whose attributes are looked up when they are asked for. */
export class LookupRecord implements CedarRecord {
  readonly kind = 'record'
  readonly #find: (name: string) => CedarValue | undefined
  readonly #names: () => Iterable<string>

  constructor(find: (name: string) => CedarValue | undefined, names: () => Iterable<string>) {
    this.#find = find
    this.#names = names
  }

  attribute(name: string): CedarValue | undefined {
    return this.#find(name)
  }

  names(): Iterable<string> {
    return this.#names()
  }
}

const NO_TEXTS = new CedarSet([])
const sets = new WeakMap<ReadonlySet<string>, CedarSet>()

/** A set of texts; made once for each set, as the callers behind one token come again and again. */
export function setOfTexts(texts: ReadonlySet<string> | undefined): CedarSet {
  if (texts === undefined || texts.size === 0) return NO_TEXTS
  const known = sets.get(texts)
  if (known !== undefined) return known
  const made = new CedarSet([...texts])
  sets.set(texts, made)
  return made
}
