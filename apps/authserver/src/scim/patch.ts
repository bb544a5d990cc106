import { z } from '@portcullis/kernel/schema'
import { type PatchPath, readPatchPath } from './filter.ts'
import { type Complex, fits, isComplex, keyOf } from './match.ts'
import { scimErrors } from './scim-error.ts'

const MAX_OPERATIONS = 100

/** Names of operations are taken in any case: so do the large clients send them. */
const patch = z.looseObject({
  Operations: z
    .array(
      z.looseObject({
        op: z
          .string()
          .max(16)
          .transform((op) => op.toLowerCase())
          .pipe(z.enum(['add', 'replace', 'remove'])),
        path: z.string().max(1024).optional(),
        value: z.unknown().optional(),
      }),
    )
    .min(1)
    .max(MAX_OPERATIONS),
})
type Operation = z.infer<typeof patch>['Operations'][number]

/** A resource as a PATCH leaves it (RFC 7644 §3.5.2): all of its operations in their order, or an error. */
export function applyPatch(resource: Complex, body: unknown): Complex {
  const parsed = patch.safeParse(body)
  if (!parsed.success) throw scimErrors.syntax('That is no PatchOp with 1 to 100 operations.')
  const changed = structuredClone(resource) as Record<string, unknown>
  for (const operation of parsed.data.Operations) apply(changed, operation)
  return changed
}

function apply(resource: Record<string, unknown>, { op, path, value }: Operation): void {
  if (path === undefined || path === '') {
    if (op === 'remove') throw scimErrors.noTarget('"remove" needs a path.')
    if (!isComplex(value)) throw scimErrors.value('Without a path the value is an object of attributes.')
    // Some clients write paths as keys: {"name.givenName": "Ada"}.
    for (const [key, each] of Object.entries(value)) change(resource, readPatchPath(key), op, each)
    return
  }
  const target = readPatchPath(path)
  if (op === 'remove') removeAt(resource, target, value)
  else change(resource, target, op, value)
}

type Change = 'add' | 'replace'

function change(resource: Record<string, unknown>, path: PatchPath, op: Change, value: unknown): void {
  const { attribute, sub, where } = path
  const key = keyOf(resource, attribute) ?? attribute
  const known = resource[key]
  if (where !== undefined) {
    const chosen = listOf(known).filter((each) => isComplex(each) && fits(each, where))
    if (chosen.length === 0) throw scimErrors.noTarget('No value fits the filter of the path.')
    for (const each of chosen as Record<string, unknown>[]) {
      if (sub !== undefined) each[keyOf(each, sub) ?? sub] = value
      else if (isComplex(value)) Object.assign(each, value)
      else throw scimErrors.value('The value for a filtered path is an object.')
    }
    return
  }
  if (sub !== undefined) {
    const parent = isComplex(known) ? (known as Record<string, unknown>) : {}
    parent[keyOf(parent, sub) ?? sub] = value
    resource[key] = parent
    return
  }
  if (Array.isArray(known) && op === 'add')
    resource[key] = [...known, ...listOf(value).filter((each) => !has(known, each))]
  else if (isComplex(known) && isComplex(value)) resource[key] = { ...known, ...value }
  else resource[key] = value
}

function removeAt(
  resource: Record<string, unknown>,
  { attribute, sub, where }: PatchPath,
  value: unknown,
): void {
  const key = keyOf(resource, attribute)
  if (key === undefined) return
  const known = resource[key]
  if (where !== undefined) {
    const all = listOf(known)
    const isChosen = (each: unknown): each is Record<string, unknown> => isComplex(each) && fits(each, where)
    if (!all.some(isChosen)) throw scimErrors.noTarget('No value fits the filter of the path.')
    if (sub === undefined) resource[key] = all.filter((each) => !isChosen(each))
    else for (const each of all.filter(isChosen)) deleteKey(each, sub)
  } else if (sub !== undefined) {
    if (isComplex(known)) deleteKey(known as Record<string, unknown>, sub)
  } else if (Array.isArray(known) && value !== undefined) {
    // Some clients name the values to remove instead of a filter.
    const gone = listOf(value)
    resource[key] = known.filter((each) => !has(gone, each))
  } else {
    delete resource[key]
  }
}

function deleteKey(complex: Record<string, unknown>, sub: string): void {
  const key = keyOf(complex, sub)
  if (key !== undefined) delete complex[key]
}

function listOf(value: unknown): unknown[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value]
}

/** The same value: of complex ones their `value` says which it is. */
function has(all: readonly unknown[], one: unknown): boolean {
  const idOf = (each: unknown): unknown => (isComplex(each) ? each.value : each)
  return all.some((each) => idOf(each) === idOf(one))
}
