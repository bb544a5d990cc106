import type { JsonObject } from '@portcullis/kernel/json'
import { type EntityShape, entityShapes } from './call-context.ts'
import { vocabulary, type Word } from './vocabulary.ts'

/**
 * A call as a schema of Cedar, to find slips of type with its validator. Everything is there, as what may be missing is no slip
 * of type; of records whose attributes depend on the call it has those that are asked for. What claims and bodies hold
 * is not known to anybody: whoever asks them can't be held to this.
 */
export function cedarSchema(paths: readonly string[], operations: readonly string[]): JsonObject {
  const principals = typesThatAre('principal')
  const appliesTo = {
    principalTypes: principals,
    resourceTypes: typesThatAre('resource'),
    context: recordOf(
      Object.entries(vocabulary).map(([name, word]) => [name, typeOfWord(name, word, paths)]),
    ),
  }
  const shapes = Object.entries<EntityShape>(entityShapes).filter(([, { is }]) => is !== 'action')
  return {
    '': {
      entityTypes: Object.fromEntries(shapes.map(([type, shape]) => [type, entityType(type, shape)])),
      actions: Object.fromEntries([...new Set([...operations, 'none'])].map((id) => [id, { appliesTo }])),
    },
  }
}

function typesThatAre(is: EntityShape['is']): string[] {
  return Object.entries<EntityShape>(entityShapes).flatMap(([type, shape]) => (shape.is === is ? [type] : []))
}

function entityType(type: string, { is }: EntityShape): JsonObject {
  const above = is === 'principal' ? ['Role', 'Group'] : type === 'ApiVersion' ? ['Api'] : []
  // Every principal has what some have: which of them calls is no matter of types.
  const names = Object.values<EntityShape>(entityShapes).flatMap((each) =>
    each.is === is ? each.attributes : [],
  )
  const attributes = is === undefined ? [] : [...new Set(names)]
  return {
    memberOfTypes: above,
    shape: recordOf(attributes.map((name) => [name, name === 'deprecated' ? { type: 'Boolean' } : text])),
  }
}

const text = { type: 'String' }
const long = { type: 'Long' }

export function recordOf(attributes: readonly (readonly [string, JsonObject])[]): JsonObject {
  return { type: 'Record', attributes: Object.fromEntries(attributes) }
}

export function typeOfWord(name: string, { type }: Pick<Word, 'type'>, paths: readonly string[]): JsonObject {
  switch (type) {
    case 'Set<String>':
      return { type: 'Set', element: text }
    case 'ipaddr':
    case 'datetime':
      return { type: 'Extension', name: type }
    case 'Record':
      return recordOf(askedOf(name, paths).map((each) => [each, name === 'zone' ? clock : text]))
    default:
      return { type }
  }
}

const clock = recordOf([
  ['weekday', text],
  ['hour', long],
  ['minute', long],
  ['date', text],
])

/** The attributes of a word's record that some path names. */
function askedOf(word: string, paths: readonly string[]): string[] {
  const start = `context.${word}.`
  const names = paths.flatMap((path) => (path.startsWith(start) ? [path.slice(start.length)] : []))
  return [...new Set(word === 'zone' ? names.map((each) => each.split('.', 1)[0] as string) : names)]
}
