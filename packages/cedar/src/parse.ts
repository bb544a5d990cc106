import {
  checkParseSchema,
  type DetailedError,
  policySetTextToParts,
  policyToJson,
  type SchemaJson,
  schemaToJson,
  templateToJson,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs'
import type { Json } from '@portcullis/kernel/json'
import type { EstClause, EstExpression, EstPolicy } from './est.ts'
import { literals } from './literal.ts'
import { type Problem, problemsOf, type Statement, splitPolicies, tooDeep } from './source.ts'

/**
 * The one door to Cedar's own parser and validator. For whoever publishes and for tests: it loads four megabytes of
 * WebAssembly, and a gateway never needs it, since a revision carries parsed policies.
 */

export interface ParsedPolicy {
  /** From `@id`, or else `policy` and its place in the text, counted from 0: as Cedar names them. */
  readonly id: string
  readonly policy: EstPolicy
  /** Whether it has `?principal` or `?resource`, and decides nothing before it is linked. */
  readonly template: boolean
  /** Where it begins, counted from 1. */
  readonly line: number
}

export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/** Parses a text with any number of policies and templates. */
export function parsePolicies(text: string): Parsed<readonly ParsedPolicy[]> {
  const deep = tooDeep(text)
  if (deep !== undefined) return { ok: false, problems: [deep] }
  const whole = policySetTextToParts(text)
  if (whole.type === 'failure') return { ok: false, problems: problemsOf(text, whole.errors) }
  const parsed = splitPolicies(text).map((statement, index) => parseStatement(statement, index))
  const problems: Problem[] = []
  const lines = new Map<string, number>()
  for (const { id, line } of parsed) {
    const before = lines.get(id)
    if (before !== undefined) {
      problems.push({
        severity: 'error',
        message: `the id "${id}" is taken by the policy in line ${before}`,
        line,
      })
    }
    lines.set(id, line)
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: parsed }
}

function parseStatement(statement: Statement, index: number): ParsedPolicy {
  const { text, restore } = literals(statement.text)
  const answer = statement.template ? templateToJson(text) : policyToJson(text)
  if (answer.type === 'failure') {
    throw new Error('A part of a text that Cedar parsed was not parsed by itself', { cause: answer.errors })
  }
  const policy = restore(answer.json as unknown as Json) as unknown as EstPolicy
  const id = policy.annotations?.id
  return { id: id ?? `policy${index}`, policy, template: statement.template, line: statement.line }
}

const CONDITION_HEAD = 'permit(principal, action, resource) when {'

/** Parses an expression over principal, action, resource and context. */
export function parseCondition(text: string): Parsed<EstExpression> {
  const wrapped = `${CONDITION_HEAD}${text}\n};`
  const parsed = parsePolicies(wrapped)
  if (!parsed.ok) return { ok: false, problems: parsed.problems.map((problem) => unwrap(problem)) }
  const [only, ...others] = parsed.value
  const [clause, ...moreClauses] = only?.policy.conditions ?? []
  if (others.length > 0 || moreClauses.length > 0 || clause === undefined || only?.template !== false) {
    return { ok: false, problems: [{ severity: 'error', message: 'expected one expression', line: 1 }] }
  }
  return { ok: true, value: (clause as EstClause).body }
}

function unwrap(problem: Problem): Problem {
  const { line, column } = problem
  if (line !== 1 || column === undefined) return problem
  return { ...problem, column: Math.max(1, column - CONDITION_HEAD.length) }
}

/** A schema in Cedar's own words, or as JSON. */
export type Schema = string | SchemaJson<string>

/** What is wrong with a schema; nothing where it is well. */
export function checkSchema(schema: Schema): readonly Problem[] {
  const answer = checkParseSchema(schema)
  return answer.type === 'success' ? [] : problemsOf(typeof schema === 'string' ? schema : '', answer.errors)
}

/** The schema as JSON. */
export function parseSchema(text: string): Parsed<SchemaJson<string>> {
  const answer = schemaToJson(text)
  if (answer.type === 'failure') return { ok: false, problems: problemsOf(text, answer.errors) }
  return { ok: true, value: answer.json }
}

/**
 * Holds policies to a schema, strictly: unknown types, attributes and actions, attributes that may be missing and
 * are not asked for with `has`, comparisons of what can't be equal. Warnings tell of policies that never hold. In the
 * order of the text.
 */
export function validatePolicies(text: string, schema: Schema): readonly Problem[] {
  const statements = splitPolicies(text)
  const named = (kind: boolean): { [id: string]: string } =>
    Object.fromEntries(
      statements.flatMap((one, index) => (one.template === kind ? [[`policy${index}`, one.text]] : [])),
    )
  const answer = validate({
    schema,
    policies: { staticPolicies: named(false), templates: named(true), templateLinks: [] },
    validationSettings: { mode: 'strict' },
  })
  if (answer.type === 'failure') {
    // It does not say whether the places are in the policies or in the schema: see parsePolicies and checkSchema.
    return problemsOf(text, answer.errors).map(({ line: _, column: __, ...problem }) => problem)
  }
  const found = [
    ...answer.validationErrors.map((one) => ({ ...one, severity: 'error' as const })),
    ...answer.validationWarnings.map((one) => ({ ...one, severity: 'warning' as const })),
  ]
  const problems = found.flatMap(({ policyId, error, severity }) => {
    const statement = statements[Number(policyId.slice('policy'.length))]
    return problemsOf(text, [withoutPolicy(error, policyId)], statement?.start ?? 0, severity)
  })
  return problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
}

/** The place says which policy it is, better than an id that its author never gave. */
function withoutPolicy(error: DetailedError, policyId: string): DetailedError {
  return { ...error, message: error.message.replace(`for policy \`${policyId}\`, `, '') }
}

/** As validatePolicies, for what parseCondition takes. */
export function validateCondition(text: string, schema: Schema): readonly Problem[] {
  return validatePolicies(`${CONDITION_HEAD}${text}\n};`, schema).map(unwrap)
}
