import { issuesOf, z } from '@portcullis/kernel/schema'
import { parseStrictObject } from '@portcullis/kernel/strict-json'
import { authzenFaults } from './contract.ts'

/** So many questions may be asked at once. */
export const MAX_EVALUATIONS = 64

const properties = z.record(z.string(), z.unknown()).default({})
const type = z.string().min(1).max(256)
const id = z.string().max(1024)
const context = z.record(z.string(), z.unknown())

// What is not known here is passed over, as an extension may have put it there (§12.2).
const subject = z.object({ type, id, properties })
const resource = z.object({ type, id, properties })
const action = z.object({ name: z.string().min(1).max(512), properties })
const searched = z.object({ type, properties })
const page = z
  .object({ token: z.string().max(256).optional(), limit: z.int().min(1).max(1_000).optional() })
  .default({})

const evaluation = z.object({ subject, action, resource, context: context.default({}) })
export type Evaluation = z.infer<typeof evaluation>

const semantic = z.enum(['execute_all', 'deny_on_first_deny', 'permit_on_first_permit'])
const batch = z.object({
  subject: subject.optional(),
  action: action.optional(),
  resource: resource.optional(),
  context: context.optional(),
  evaluations: z.array(z.record(z.string(), z.unknown())).max(MAX_EVALUATIONS).default([]),
  options: z.object({ evaluations_semantic: semantic.default('execute_all') }).prefault({}),
})

const subjectSearch = z.object({ subject: searched, action, resource, context: context.default({}), page })
const resourceSearch = z.object({ subject, action, resource: searched, context: context.default({}), page })
const actionSearch = z.object({ subject, resource, context: context.default({}), page })
export type SubjectSearch = z.infer<typeof subjectSearch>
export type ResourceSearch = z.infer<typeof resourceSearch>
export type ActionSearch = z.infer<typeof actionSearch>

/** One question of a batch, or what is wrong with it. */
export type BatchItem = { readonly evaluation: Evaluation } | { readonly problem: string }

export interface Batch {
  readonly items: readonly BatchItem[]
  readonly semantic: z.infer<typeof semantic>
}

/** What each endpoint reads; each throws `authzen.bad-question`. */
export const readEvaluation = (body: Uint8Array | undefined): Evaluation => read(evaluation, objectIn(body))
export const readSubjectSearch = (body: Uint8Array | undefined) => read(subjectSearch, objectIn(body))
export const readResourceSearch = (body: Uint8Array | undefined) => read(resourceSearch, objectIn(body))
export const readActionSearch = (body: Uint8Array | undefined) => read(actionSearch, objectIn(body))

/** Several questions (§7.1): what one leaves out is taken from the whole. `undefined` where only one is asked. */
export function readBatch(body: Uint8Array | undefined): Batch | undefined {
  const { evaluations, options, ...defaults } = read(batch, objectIn(body))
  if (evaluations.length === 0) return undefined
  const items = evaluations.map((each): BatchItem => {
    const whole = { ...defaults, ...each }
    const [issue] = issuesOf(evaluation, whole)
    return issue === undefined
      ? { evaluation: evaluation.parse(whole) }
      : { problem: `${issue.path} ${issue.message}` }
  })
  return { items, semantic: options.evaluations_semantic }
}

function objectIn(body: Uint8Array | undefined): Readonly<Record<string, unknown>> {
  const object = body === undefined ? undefined : parseStrictObject(body)
  if (object === undefined) throw authzenFaults['bad-question']({ detail: 'The body is no JSON object.' })
  return object
}

function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = issuesOf(schema, value)
  throw authzenFaults['bad-question']({ detail: `${issue?.path ?? ''} ${issue?.message ?? ''}`.trim() })
}
