import type { Json, JsonObject } from '@portcullis/kernel/json'
import { listOf, membersOf, objectOf, textOf, unsupported } from './compile/node.ts'
import { type Entities, type EntityData, knownEntities } from './entity.ts'
import { parseDatetime, parseDuration } from './extension/datetime.ts'
import { parseDecimal } from './extension/decimal.ts'
import { parseIp } from './extension/ip.ts'
import { CedarSet, type CedarValue, EntityRef, type Extension, PlainRecord } from './value.ts'

/** The functions that make a value of an extension type from text. */
export const constructors: { readonly [name: string]: (text: string) => Extension | undefined } = {
  decimal: parseDecimal,
  ip: parseIp,
  datetime: parseDatetime,
  duration: parseDuration,
}

/**
 * Cedar's own JSON, in which `__entity` and `__extn` have a meaning: for what operators write, never for what callers
 * send. Throws `cedar.unsupported` for what is no Cedar value, such as null and fractions.
 */
export function valueOfCedarJson(json: Json | undefined): CedarValue {
  switch (typeof json) {
    case 'boolean':
    case 'string':
      return json
    case 'number':
      if (!Number.isSafeInteger(json)) throw unsupported(`${json} is no Long`)
      return json + 0
  }
  if (Array.isArray(json)) return new CedarSet(json.map(valueOfCedarJson))
  const object = objectOf(json, 'value')
  if (Object.hasOwn(object, '__entity')) return entityRefOfJson(object)
  if (Object.hasOwn(object, '__extn')) return extensionOfJson(object.__extn)
  return new PlainRecord(attributesOfJson(object))
}

function attributesOfJson(object: JsonObject): Map<string, CedarValue> {
  return new Map(Object.entries(object).map(([name, value]) => [name, valueOfCedarJson(value)]))
}

function extensionOfJson(json: Json | undefined): Extension {
  const { fn, arg } = membersOf(json, '__extn', ['fn', 'arg'])
  const name = textOf(fn, '__extn')
  const construct = Object.hasOwn(constructors, name) ? constructors[name] : undefined
  const value = construct?.(textOf(arg, name))
  if (value === undefined) throw unsupported(`__extn: ${name} of this text is no value`)
  return value
}

/** `{ type, id }`, also as `{ __entity: { type, id } }`. */
export function entityRefOfJson(json: Json | undefined): EntityRef {
  const object = objectOf(json, 'entity')
  const { type, id } = membersOf(Object.hasOwn(object, '__entity') ? object.__entity : object, 'entity', [
    'type',
    'id',
  ])
  return new EntityRef(textOf(type, 'entity type'), textOf(id, 'entity id'))
}

/** A context, or anything else that is a record. */
export function recordOfJson(json: Json): PlainRecord {
  return new PlainRecord(attributesOfJson(objectOf(json, 'record')))
}

/** The entities file of Cedar: a list of `{ uid, attrs, parents, tags }`. */
export function entitiesOfJson(json: Json): Entities {
  return knownEntities(
    listOf(json, 'entities').map((item): EntityData => {
      const { uid, attrs, parents, tags } = membersOf(item, 'entity', ['uid', 'attrs', 'parents', 'tags'])
      return {
        ref: entityRefOfJson(uid),
        attributes: attributesOfJson(objectOf(attrs ?? {}, 'attrs')),
        tags: attributesOfJson(objectOf(tags ?? {}, 'tags')),
        parents: listOf(parents ?? [], 'parents').map(entityRefOfJson),
      }
    }),
  )
}
