import type { z } from 'zod'

/** The parts of a schema that lead to others, of whatever type it is. */
interface Definition {
  readonly type: string
  readonly innerType?: z.core.$ZodType
  readonly in?: z.core.$ZodType
  readonly getter?: () => z.core.$ZodType
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>
  readonly element?: z.core.$ZodType
  readonly valueType?: z.core.$ZodType
  readonly options?: readonly z.core.$ZodType[]
}

/** The keys that an object may have at a path of a schema, in every alternative that there is. */
export function keysAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  let here = plainOf(schema)
  for (const key of path) here = here.flatMap((each) => below(each, key)).flatMap(plainOf)
  return here.flatMap(({ shape }) => Object.keys(shape ?? {}))
}

/** What stands behind defaults, options, alternatives and the like. */
function plainOf(schema: z.core.$ZodType): Definition[] {
  const definition = schema._zod.def as unknown as Definition
  const { type, innerType, getter, options } = definition
  if (innerType !== undefined) return plainOf(innerType)
  if (definition.in !== undefined) return plainOf(definition.in)
  if (type === 'lazy' && getter !== undefined) return plainOf(getter())
  if (type === 'union' && options !== undefined) return options.flatMap(plainOf)
  return [definition]
}

function below({ shape, element, valueType }: Definition, key: PropertyKey): z.core.$ZodType[] {
  if (shape !== undefined) return Object.hasOwn(shape, key) ? [shape[String(key)] as z.core.$ZodType] : []
  const next = element ?? valueType
  return next === undefined ? [] : [next]
}
