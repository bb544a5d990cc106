import type { Demand } from './dialect.ts'

/** What is wrong with an answer, for operators alone. */
export class Unreadable extends Error {}

const MAX_DEMANDS = 32

/** `[{ id, attributes: { name: text or list of texts } }]`, or nothing at all. */
export function readDemands(value: unknown, what: string): Demand[] {
  if (value === undefined) return []
  if (!Array.isArray(value) || value.length > MAX_DEMANDS) {
    throw new Unreadable(`${what} is no list of at most ${MAX_DEMANDS}`)
  }
  return value.map((each: unknown) => {
    if (!isObject(each) || typeof each.id !== 'string') throw new Unreadable(`${what} has one without an id`)
    const attributes = each.attributes ?? {}
    if (!isObject(attributes)) throw new Unreadable(`the attributes of ${each.id.slice(0, 64)} are no object`)
    const entries = Object.entries(attributes).map(([name, of]) => [name, readTexts(of, each.id as string)])
    return { id: each.id, attributes: Object.fromEntries(entries) }
  })
}

export function readTexts(value: unknown, whose: string): readonly string[] {
  const values = Array.isArray(value) ? value : [value]
  return values.map((each: unknown) => {
    if (typeof each === 'string') return each
    if (typeof each === 'number' || typeof each === 'boolean') return String(each)
    throw new Unreadable(`an attribute of ${whose.slice(0, 64)} is neither text, number nor boolean`)
  })
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
