import { pointer } from '@portcullis/kernel/schema'
import type { ErrorObject } from 'ajv/dist/2020.js'
import { keysOf } from '../source/source-document.ts'
import type { Fragment } from './check-references.ts'
import { contractFaults } from './contract-fault.ts'
import type { ContractNode } from './contract-node.ts'
import type { ContractReading } from './contract-reading.ts'
import { isAlternative, type OpenApiVersion, structureErrors } from './structure-schema.ts'

/** Checks the document, and every part that only references lead to, against the schema of OpenAPI. */
export function checkStructure(
  version: OpenApiVersion,
  root: ContractNode,
  fragments: readonly Fragment[],
  reading: ContractReading,
): void {
  for (const { kind, node } of [{ kind: 'document', node: root } as const, ...fragments]) {
    for (const error of informative(structureErrors(version, kind, node.value))) {
      const { path, message, remedy } = explain(error, version)
      const at = keysOf(path).reduce<ContractNode>((part, key) => part.get(key) ?? part, node)
      reading.report(contractFaults.structure, at, message, remedy)
    }
  }
}

/** Keywords that only say that something within them failed. */
const COMPOSITE = new Set(['oneOf', 'anyOf', 'if', 'not', 'dependentSchemas'])
/** Keywords that also fail wherever anything below them did. */
const RESIDUAL = new Set(['unevaluatedProperties', 'unevaluatedItems'])
/** Of the many errors that one mistake makes, those that name it. */
export function informative(errors: readonly ErrorObject[]): ErrorObject[] {
  const own = errors.filter((error) => !isAlternative(error))
  const plain = own.filter((error) => !COMPOSITE.has(error.keyword) && !RESIDUAL.has(error.keyword))
  const explained = withAncestors(plain)
  const residual = deepest(
    own.filter((error) => RESIDUAL.has(error.keyword) && !explained.has(error.instancePath)),
  )
  const known = withAncestors([...plain, ...residual])
  const composite = deepest(
    own.filter((error) => COMPOSITE.has(error.keyword) && !known.has(error.instancePath)),
  )
  return [...plain, ...residual, ...composite]
}

/** Those below which there is no other, one for each place and key. */
function deepest(errors: readonly ErrorObject[]): ErrorObject[] {
  const above = withAncestors(errors, true)
  const byPlace = new Map(errors.map((error) => [`${error.instancePath} ${extraKey(error)}`, error]))
  return [...byPlace.values()].filter((error) => !above.has(error.instancePath))
}

/** The places of the errors and of all that contains them; with `strictly`, only the latter. */
function withAncestors(errors: readonly ErrorObject[], strictly = false): Set<string> {
  const places = new Set<string>()
  for (const { instancePath } of errors) {
    if (!strictly) places.add(instancePath)
    let at = instancePath
    while (at !== '') {
      at = at.slice(0, at.lastIndexOf('/'))
      if (places.has(at)) continue
      places.add(at)
    }
  }
  return places
}

function extraKey({ params }: ErrorObject): string {
  const key: unknown = params.additionalProperty ?? params.unevaluatedProperty
  return typeof key === 'string' ? key : ''
}

interface Explained {
  readonly path: string
  readonly message: string
  readonly remedy?: string
}

function explain(error: ErrorObject, version: OpenApiVersion): Explained {
  const { instancePath: path, keyword, params } = error
  const extra = extraKey(error)
  if (extra !== '') {
    return {
      path: pointer([extra], path),
      message: `"${extra}" is not known here in OpenAPI ${version}.`,
      remedy: 'Remove it, mend its spelling, or give it a name that begins with "x-".',
    }
  }
  if (keyword === 'required') {
    const message = `"${String(params.missingProperty)}" is missing.`
    return { path, message, remedy: `Add it, as OpenAPI ${version} demands.` }
  }
  if (keyword === 'enum' && Array.isArray(params.allowedValues)) {
    return { path, message: `The value is none of ${params.allowedValues.map(String).join(', ')}.` }
  }
  if (COMPOSITE.has(keyword)) {
    return { path, message: `This has none of the forms that OpenAPI ${version} allows here.` }
  }
  return { path, message: `This ${error.message ?? `fails "${keyword}"`}.` }
}
