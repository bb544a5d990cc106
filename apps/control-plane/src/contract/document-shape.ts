/** The kinds of object in an OpenAPI document that refer, are referred to, or contain those that do. */
export type Kind =
  | 'document'
  | 'components'
  | 'pathItem'
  | 'operation'
  | 'parameter'
  | 'requestBody'
  | 'mediaType'
  | 'encoding'
  | 'response'
  | 'header'
  | 'callback'
  | 'link'
  | 'example'
  | 'securityScheme'
  | 'schema'

/** `one`: the value itself is of the kind; `every`: each part of the object or list is. */
export interface Field {
  readonly form: 'one' | 'every'
  readonly kind: Kind
}

const one = (kind: Kind): Field => ({ form: 'one', kind })
const every = (kind: Kind): Field => ({ form: 'every', kind })

/**
 * Where objects of each kind stand (OpenAPI 3.0 §4.7, 3.1 §4.8). What is not in this table, such as examples and
 * defaults, is data: a `$ref` in it is a text like any other.
 */
export const shape: Readonly<Record<Kind, Readonly<Record<string, Field>>>> = {
  document: { paths: every('pathItem'), webhooks: every('pathItem'), components: one('components') },
  components: {
    schemas: every('schema'),
    responses: every('response'),
    parameters: every('parameter'),
    examples: every('example'),
    requestBodies: every('requestBody'),
    headers: every('header'),
    securitySchemes: every('securityScheme'),
    links: every('link'),
    callbacks: every('callback'),
    pathItems: every('pathItem'),
  },
  pathItem: {
    parameters: every('parameter'),
    get: one('operation'),
    put: one('operation'),
    post: one('operation'),
    delete: one('operation'),
    options: one('operation'),
    head: one('operation'),
    patch: one('operation'),
    trace: one('operation'),
  },
  operation: {
    parameters: every('parameter'),
    requestBody: one('requestBody'),
    responses: every('response'),
    callbacks: every('callback'),
  },
  parameter: { schema: one('schema'), content: every('mediaType'), examples: every('example') },
  requestBody: { content: every('mediaType') },
  mediaType: { schema: one('schema'), examples: every('example'), encoding: every('encoding') },
  encoding: { headers: every('header') },
  response: { headers: every('header'), content: every('mediaType'), links: every('link') },
  header: { schema: one('schema'), content: every('mediaType'), examples: every('example') },
  /** A callback has path items under keys of its own. */
  callback: {},
  link: {},
  example: {},
  securityScheme: {},
  schema: {
    properties: every('schema'),
    patternProperties: every('schema'),
    additionalProperties: one('schema'),
    unevaluatedProperties: one('schema'),
    propertyNames: one('schema'),
    dependentSchemas: every('schema'),
    items: one('schema'),
    prefixItems: every('schema'),
    unevaluatedItems: one('schema'),
    contains: one('schema'),
    contentSchema: one('schema'),
    allOf: every('schema'),
    anyOf: every('schema'),
    oneOf: every('schema'),
    not: one('schema'),
    if: one('schema'),
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema (2020-12 §10.2.2.2)
    then: one('schema'),
    else: one('schema'),
    $defs: every('schema'),
  },
}

/** Kinds for which a Reference Object may stand. */
export const referable: ReadonlySet<Kind> = new Set<Kind>([
  'pathItem',
  'parameter',
  'requestBody',
  'response',
  'header',
  'callback',
  'link',
  'example',
  'securityScheme',
  'schema',
])

/** What the schemas of OpenAPI 3.0 and 3.1 call each kind. */
export const definitionNames: Readonly<Record<'3.0' | '3.1', Readonly<Partial<Record<Kind, string>>>>> = {
  '3.0': {
    pathItem: 'PathItem',
    parameter: 'Parameter',
    requestBody: 'RequestBody',
    response: 'Response',
    header: 'Header',
    callback: 'Callback',
    link: 'Link',
    example: 'Example',
    securityScheme: 'SecurityScheme',
    schema: 'Schema',
  },
  '3.1': {
    pathItem: 'path-item',
    parameter: 'parameter-or-reference',
    requestBody: 'request-body-or-reference',
    response: 'response-or-reference',
    header: 'header-or-reference',
    callback: 'callbacks-or-reference',
    link: 'link-or-reference',
    example: 'example-or-reference',
    securityScheme: 'security-scheme-or-reference',
    schema: 'schema',
  },
}
