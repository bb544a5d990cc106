import { name, z } from '@portcullis/kernel/schema'
import {
  type BackendIdentity,
  backendIdentity,
  type Decision,
  type DecisionStep,
  decisionStep,
  operationCalled,
  outcome,
  seen,
  upstreamCall,
} from './decision.ts'
import { ending } from './ending.ts'

/** Calls of one batch, and steps of one call. */
export const MAX_DECISIONS = 1000
const MAX_STEPS = 1000
/** Characters of all that one step saw, as JSON. */
const MAX_SEEN_CHARACTERS = 65_536
/** Numbers that are told of one step of one call. */
const SAID = 3
const NOTHING_SEEN = -1

const index = z.int().min(0)
const column = <T extends z.ZodType>(of: T) => z.array(of).max(MAX_DECISIONS)

const shape = z.strictObject({
  environments: z.array(z.strictObject({ organization: name(), environment: name(), revision: z.int() })),
  operations: z.array(operationCalled),
  /** What steps said, but for what they saw and how long they took. */
  steps: z.array(decisionStep.omit({ saw: true, micros: true })),
  saws: z.array(seen.refine((saw) => JSON.stringify(saw).length <= MAX_SEEN_CHARACTERS, 'too much was seen')),
  backends: z.array(backendIdentity),
  id: column(z.string()),
  at: column(z.iso.datetime()),
  /** Which of the environments. */
  environment: column(index),
  method: column(z.string()),
  /** Which of the operations; null where none matched. */
  operation: column(index.nullable()),
  client: column(z.string().nullable()),
  subject: column(z.string().nullable()),
  outcome: column(outcome),
  status: column(z.int()),
  code: column(z.string().nullable()),
  upstream: column(upstreamCall.nullable()),
  /** Which of the backends. */
  backend: column(z.array(index).min(1).max(4).nullable()),
  ending: column(ending.nullable()),
  micros: column(z.int()),
  /** How many steps the call passed. */
  passed: column(index.max(MAX_STEPS)),
  /** Of each of these steps, call after call: which of the steps, which of the saws or -1, and its microseconds. */
  said: z.array(z.int()).max(MAX_DECISIONS * MAX_STEPS * SAID),
})
export type DecisionBatch = z.infer<typeof shape>

/**
 * Decision records as gateways hand them over. What many calls have in common is said once, and what each has of its own
 * stands in columns, one place of each for a call: a fraction of the records' size, and as much less work to write.
 */
export const decisionBatch = shape.refine(
  isWhole,
  'the columns of a batch are of one length and refer to what is in it',
)

/** Some batches at once: as many as there are, of no more records together than one may have. */
export const decisionBatches = z
  .array(decisionBatch)
  .min(1)
  .max(MAX_DECISIONS)
  .refine(
    (batches) => batches.reduce((sum, { id }) => sum + id.length, 0) <= MAX_DECISIONS,
    `no more than ${MAX_DECISIONS} records at once`,
  )

const columns = [
  ...(['id', 'at', 'environment', 'method', 'operation', 'client', 'subject'] as const),
  ...(['outcome', 'status', 'code', 'upstream', 'backend', 'ending', 'micros', 'passed'] as const),
]

function isWhole(batch: DecisionBatch): boolean {
  const { environments, operations, steps, saws, backends, said } = batch
  const isPlace = (place: number | undefined, of: readonly unknown[], least = 0): boolean =>
    place !== undefined && place >= least && place < of.length
  for (let i = 0; i < said.length; i += SAID) {
    if (!isPlace(said[i], steps) || !isPlace(said[i + 1], saws, NOTHING_SEEN)) return false
  }
  return (
    columns.every((each) => batch[each].length === batch.id.length) &&
    batch.environment.every((each) => isPlace(each, environments)) &&
    batch.operation.every((each) => each === null || isPlace(each, operations)) &&
    batch.backend.every((all) => all === null || all.every((each) => isPlace(each, backends))) &&
    said.length === batch.passed.reduce((sum, each) => sum + each, 0) * SAID
  )
}

/** Gathers records into a batch. What it was given is not held on to, save for what steps saw. */
export interface DecisionPacker {
  /** How many records are in it. */
  readonly size: number
  /** Operations, and what steps saw, are said once where they are one object in many records, as they are in a gateway. */
  add(decision: Decision): void
  /** Hands over what was gathered, and begins anew. */
  take(): DecisionBatch
}

export function openDecisionPacker(): DecisionPacker {
  let open = openBatch()
  return {
    get size() {
      return open.batch.id.length
    },
    add(decision) {
      add(open, decision)
    },
    take() {
      const { batch } = open
      open = openBatch()
      return batch
    },
  }
}

export function packDecisions(decisions: readonly Decision[]): DecisionBatch {
  const packer = openDecisionPacker()
  for (const decision of decisions) packer.add(decision)
  return packer.take()
}

type OpenBatch = ReturnType<typeof openBatch>

function openBatch() {
  const batch = emptyBatch()
  return {
    batch,
    environmentOf: listed(batch.environments, isSameEnvironment, environmentFacts),
    operationOf: listedAsIs(batch.operations),
    stepOf: listed(batch.steps, isSameStep, stepFacts),
    sawOf: listedAsIs(batch.saws),
    backendOf: listedAsIs(batch.backends),
  }
}

function add(
  { batch, environmentOf, operationOf, stepOf, sawOf, backendOf }: OpenBatch,
  decision: Decision,
): void {
  const { operation, steps, backend } = decision
  batch.id.push(decision.id)
  batch.at.push(decision.at)
  batch.environment.push(environmentOf(decision.environment, decision))
  batch.method.push(decision.method)
  batch.operation.push(operation === undefined ? null : operationOf(operation))
  batch.client.push(decision.client ?? null)
  batch.subject.push(decision.subject ?? null)
  batch.outcome.push(decision.outcome)
  batch.status.push(decision.status)
  batch.code.push(decision.code ?? null)
  batch.upstream.push(decision.upstream ?? null)
  batch.backend.push(backend === undefined ? null : backend.map(backendOf))
  batch.ending.push(decision.ending ?? null)
  batch.micros.push(decision.micros)
  batch.passed.push(steps.length)
  for (const step of steps) {
    const { saw } = step
    batch.said.push(stepOf(step.policy, step), saw === undefined ? NOTHING_SEEN : sawOf(saw), step.micros)
  }
}

/**
 * A batch as it is handed on: its JSON in UTF-8, which nobody reads on the way. Outside of V8's heap, so that records that
 * wait are nothing to collect, and one thread gives it to another without a copy.
 */
export interface PackedBatch {
  /** How many are in it. */
  readonly records: number
  readonly json: Uint8Array<ArrayBuffer>
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function packBatch(batch: DecisionBatch): PackedBatch {
  return { records: batch.id.length, json: encoder.encode(JSON.stringify(batch)) }
}

/** The records of a batch that was packed in this process. */
export function unpackBatch({ json }: PackedBatch): Decision[] {
  return unpackDecisions(JSON.parse(decoder.decode(json)) as DecisionBatch)
}

/** The records of a batch that its schema has let pass, in their order. */
export function unpackDecisions(batch: DecisionBatch): Decision[] {
  let next = 0
  return batch.id.map((id, i): Decision => {
    const at = <T>(values: readonly T[]): T => values[i] as T
    const optional = <Name extends string, T>(of: Name, value: T | null | undefined) =>
      (value === null || value === undefined ? {} : { [of]: value }) as { [name in Name]?: T }
    const operation = at(batch.operation)
    const backend = at(batch.backend)?.map((each) => batch.backends[each] as BackendIdentity)
    const steps = Array.from({ length: at(batch.passed) }, (): DecisionStep => {
      const [step = 0, saw = NOTHING_SEEN, micros = 0] = batch.said.slice(next, next + SAID)
      next += SAID
      return { ...(batch.steps[step] as DecisionStep), ...optional('saw', batch.saws[saw]), micros }
    })
    return {
      id,
      ...(batch.environments[at(batch.environment)] as DecisionBatch['environments'][number]),
      at: at(batch.at),
      method: at(batch.method),
      ...optional('operation', operation === null ? null : batch.operations[operation]),
      ...optional('client', at(batch.client)),
      ...optional('subject', at(batch.subject)),
      outcome: at(batch.outcome),
      status: at(batch.status),
      ...optional('code', at(batch.code)),
      steps,
      ...optional('upstream', at(batch.upstream)),
      ...optional('backend', backend),
      ...optional('ending', at(batch.ending)),
      micros: at(batch.micros),
    }
  })
}

function emptyBatch(): DecisionBatch {
  return {
    ...{ environments: [], operations: [], steps: [], saws: [], backends: [] },
    ...{ id: [], at: [], environment: [], method: [], operation: [], client: [], subject: [] },
    ...{
      outcome: [],
      status: [],
      code: [],
      upstream: [],
      backend: [],
      ending: [],
      micros: [],
      passed: [],
      said: [],
    },
  }
}

type EnvironmentFacts = DecisionBatch['environments'][number]
const environmentFacts = ['organization', 'environment', 'revision'] as const

function isSameEnvironment(a: EnvironmentFacts, b: EnvironmentFacts): boolean {
  return a.revision === b.revision && a.environment === b.environment && a.organization === b.organization
}

type StepFacts = DecisionBatch['steps'][number]
const stepFacts = Object.keys(decisionStep.shape).filter(
  (each) => each !== 'saw' && each !== 'micros',
) as (keyof StepFacts)[]

// Facts are named one by one: to look them up by a list of names took longer than all else of packing.
function isSameStep(a: StepFacts, b: StepFacts): boolean {
  return (
    a.policy === b.policy &&
    a.verdict === b.verdict &&
    a.origin === b.origin &&
    a.mode === b.mode &&
    a.code === b.code &&
    (a.when === b.when || isAlike(a.when, b.when))
  )
}

/** Finds the place of an object in a list, to which it is added where it is not in it. Another that is equal has a place of its own. */
function listedAsIs<T extends object>(list: T[]): (value: T) => number {
  const places = new Map<T, number>()
  return (value) => {
    const known = places.get(value)
    if (known !== undefined) return known
    const place = list.push(value) - 1
    places.set(value, place)
    return place
  }
}

/**
 * The same for values of which these facts are kept; those of one group alone are compared, so that it should not have many.
 */
function listed<T extends object>(
  list: T[],
  isSame: (a: T, b: T) => boolean,
  facts: readonly (keyof T)[],
): (group: string, value: T) => number {
  const groups = new Map<string, number[]>()
  return (group, value) => {
    const places = groups.get(group) ?? []
    for (const place of places) if (isSame(list[place] as T, value)) return place
    groups.set(group, places)
    const own = Object.fromEntries(
      facts.flatMap((fact) => (value[fact] === undefined ? [] : [[fact, value[fact]]])),
    ) as T
    places.push(list.push(own) - 1)
    return list.length - 1
  }
}

/** Facts of several parts, of which there are few, are the same when they say the same. */
function isAlike(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return false
  return JSON.stringify(a) === JSON.stringify(b)
}
