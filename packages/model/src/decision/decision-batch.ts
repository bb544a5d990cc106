import { onceFor } from '@portcullis/kernel/once-for'
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
  type UpstreamCall,
  upstreamCall,
} from './decision.ts'
import { ending } from './ending.ts'
import { NumberReader, NumberWriter } from './number-text.ts'

/** Calls of one batch, and steps of one call. */
export const MAX_DECISIONS = 1000
const MAX_STEPS = 1000
const MAX_BACKENDS = 4
/** Characters of all that one step saw, as JSON. */
const MAX_SEEN_CHARACTERS = 65_536
/** Characters of the numbers of one call, on average. */
const MAX_CALL_CHARACTERS = 4_096

const listed = <T extends z.ZodType>(of: T) => z.array(of)

const shape = z.strictObject({
  /** What calls have in common, each said once. */
  environments: listed(z.strictObject({ organization: name(), environment: name(), revision: z.int() })),
  operations: listed(operationCalled),
  /** What steps said, but for what they saw and how long they took. */
  steps: listed(decisionStep.omit({ saw: true, micros: true })),
  saws: listed(seen.refine((saw) => JSON.stringify(saw).length <= MAX_SEEN_CHARACTERS, 'too much was seen')),
  backends: listed(backendIdentity),
  moments: listed(z.iso.datetime()),
  methods: listed(z.string()),
  clients: listed(z.string()),
  subjects: listed(z.string()),
  codes: listed(z.string()),
  /** Those that say more than a status and a time. */
  upstreams: listed(upstreamCall),
  endings: listed(ending),
  /** One for each call. */
  id: z.array(z.string()).max(MAX_DECISIONS),
  /**
   * Of each call, one after the other, numbers as `NumberWriter` writes them, most of them places in the lists above; of
   * what may be absent, 0 where it is and else the place and one:
   *
   * environment · moment · method · operation? · client? · subject? · outcome · status · code? · micros · ending? ·
   * upstream: 0, or 1 with its status and microseconds, or its place and two ·
   * how many backends, and each of them · how many steps, and of each: step · saw? · micros
   */
  calls: z.string().max(MAX_DECISIONS * MAX_CALL_CHARACTERS),
})
export type DecisionBatch = z.infer<typeof shape>

/**
 * Decision records as gateways hand them over. What many calls have in common is said once, and what each has of its own
 * is its id and a few numbers: a fraction of the records' size, and as much less work to write.
 */
export const decisionBatch = shape.refine(
  isWhole,
  'the numbers of a batch are whole and refer to what is in it',
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

function isWhole(batch: DecisionBatch): boolean {
  try {
    unpackDecisions(batch)
    return true
  } catch (thrown) {
    if (thrown instanceof RangeError) return false
    throw thrown
  }
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
  const numbers = new NumberWriter()
  let open = openBatch()
  return {
    get size() {
      return open.batch.id.length
    },
    add(decision) {
      add(open, numbers, decision)
    },
    take() {
      const { batch } = open
      open = openBatch()
      return { ...batch, calls: numbers.take() }
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
    environmentOf: placesOfAlike(batch.environments, isSameEnvironment, environmentFacts),
    operationOf: placesOf(batch.operations),
    momentOf: placesOf(batch.moments),
    methodOf: placesOf(batch.methods),
    clientOf: placesOf(batch.clients),
    subjectOf: placesOf(batch.subjects),
    codeOf: placesOf(batch.codes),
    backendOf: placesOf(batch.backends),
    stepOf: placesOfAlike(batch.steps, isSameStep, stepFacts),
    sawOf: placesOfRecent(batch.saws),
    /** The places of what the last call's steps said, which those of the next mostly say again. */
    lastSteps: [] as number[],
  }
}

function add(open: OpenBatch, numbers: NumberWriter, decision: Decision): void {
  const { batch } = open
  const { operation, client, subject, code, ending, backend, steps } = decision
  batch.id.push(decision.id)
  numbers.write(open.environmentOf(decision.environment, decision))
  numbers.write(open.momentOf(decision.at))
  numbers.write(open.methodOf(decision.method))
  numbers.write(operation === undefined ? 0 : open.operationOf(operation) + 1)
  numbers.write(client === undefined ? 0 : open.clientOf(client) + 1)
  numbers.write(subject === undefined ? 0 : open.subjectOf(subject) + 1)
  numbers.write(outcomes.indexOf(decision.outcome))
  numbers.write(decision.status)
  numbers.write(code === undefined ? 0 : open.codeOf(code) + 1)
  numbers.write(decision.micros)
  numbers.write(ending === undefined ? 0 : batch.endings.push(ending))
  addUpstream(batch, numbers, decision.upstream)
  numbers.write(backend === undefined ? 0 : backend.length)
  if (backend !== undefined) for (const each of backend) numbers.write(open.backendOf(each))
  numbers.write(steps.length)
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as DecisionStep
    const { saw } = step
    const last = open.lastSteps[i]
    const place =
      last !== undefined && isSameStep(batch.steps[last] as StepFacts, step)
        ? last
        : open.stepOf(step.policy, step)
    open.lastSteps[i] = place
    numbers.write(place)
    numbers.write(saw === undefined ? 0 : open.sawOf(place, saw) + 1)
    numbers.write(step.micros)
  }
}

function addUpstream(batch: DecisionBatch, numbers: NumberWriter, upstream: UpstreamCall | undefined): void {
  if (upstream === undefined) {
    numbers.write(0)
    return
  }
  const { status, micros, target, attempts, panic } = upstream
  if (status === undefined || target !== undefined || attempts !== undefined || panic !== undefined) {
    numbers.write(batch.upstreams.push(upstream) + 1)
    return
  }
  numbers.write(1)
  numbers.write(status)
  numbers.write(micros)
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
export function unpackBatch({ json }: PackedBatch): readonly Decision[] {
  return unpackDecisions(JSON.parse(decoder.decode(json)) as DecisionBatch)
}

/**
 * The records of a batch, in their order. Throws a RangeError where its numbers say nothing, as no schema would let pass.
 * Who checked a batch has read them already, and they are not read again.
 */
export const unpackDecisions = onceFor((batch: DecisionBatch): readonly Decision[] => {
  const numbers = new NumberReader(batch.calls)
  const decisions = batch.id.map((id) => readCall(batch, numbers, id))
  if (!numbers.isAtEnd) throw new RangeError('there are more numbers than calls')
  return decisions
})

function readCall(batch: DecisionBatch, numbers: NumberReader, id: string): Decision {
  const one = <T>(list: readonly T[]): T => valueAt(list, numbers.read())
  const optional = <Name extends string, T>(name: Name, list: readonly T[]) => {
    const place = numbers.read()
    return (place === 0 ? {} : { [name]: valueAt(list, place - 1) }) as { [name in Name]?: T }
  }
  // In the order in which they were written.
  return {
    id,
    ...one(batch.environments),
    at: one(batch.moments),
    method: one(batch.methods),
    ...optional('operation', batch.operations),
    ...optional('client', batch.clients),
    ...optional('subject', batch.subjects),
    outcome: one(outcomes),
    status: numbers.read(),
    ...optional('code', batch.codes),
    micros: numbers.read(),
    ...optional('ending', batch.endings),
    ...readUpstream(batch, numbers),
    ...readBackends(batch, numbers),
    steps: several(numbers, MAX_STEPS, (): DecisionStep => {
      const step = one(batch.steps)
      const saw = optional('saw', batch.saws)
      return { ...step, ...saw, micros: numbers.read() }
    }),
  }
}

function readUpstream(batch: DecisionBatch, numbers: NumberReader): { upstream?: UpstreamCall } {
  const kind = numbers.read()
  if (kind === 0) return {}
  if (kind > 1) return { upstream: valueAt(batch.upstreams, kind - 2) }
  return { upstream: { status: numbers.read(), micros: numbers.read() } }
}

function readBackends(batch: DecisionBatch, numbers: NumberReader): { backend?: BackendIdentity[] } {
  const backend = several(numbers, MAX_BACKENDS, () => valueAt(batch.backends, numbers.read()))
  return backend.length === 0 ? {} : { backend }
}

function several<T>(numbers: NumberReader, most: number, read: () => T): T[] {
  const count = numbers.read()
  if (count > most) throw new RangeError(`there are ${count} where ${most} may be`)
  return Array.from({ length: count }, read)
}

function valueAt<T>(list: readonly T[], place: number): T {
  if (place >= list.length) throw new RangeError('a place is not in its list')
  return list[place] as T
}

function emptyBatch(): DecisionBatch {
  return {
    environments: [],
    operations: [],
    steps: [],
    saws: [],
    backends: [],
    moments: [],
    methods: [],
    clients: [],
    subjects: [],
    codes: [],
    upstreams: [],
    endings: [],
    id: [],
    calls: '',
  }
}

type EnvironmentFacts = DecisionBatch['environments'][number]
const environmentFacts = ['organization', 'environment', 'revision'] as const

function isSameEnvironment(a: EnvironmentFacts, b: EnvironmentFacts): boolean {
  return a.revision === b.revision && a.environment === b.environment && a.organization === b.organization
}

const outcomes = outcome.options

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

/**
 * Finds the place of a value in a list, to which it is added where it is not in it. Of objects another that is equal has a
 * place of its own.
 */
function placesOf<T>(list: T[]): (value: T) => number {
  const places = new Map<T, number>()
  // Calls of one kind come one after the other, and often there is no other kind.
  let last: T | undefined
  let lastPlace = 0
  return (value) => {
    if (value === last) return lastPlace
    lastPlace = places.get(value) ?? list.push(value) - 1
    if (lastPlace === list.length - 1) places.set(value, lastPlace)
    last = value
    return lastPlace
  }
}

/**
 * The same for objects of which many never come again: only the last few of each group are looked at. To remember all
 * would cost each that is new more than to say twice costs those that are not.
 */
function placesOfRecent<T extends object>(list: T[]): (group: number, value: T) => number {
  const groups: number[][] = []
  return (group, value) => {
    let recent = groups[group]
    if (recent === undefined) {
      recent = []
      groups[group] = recent
    }
    for (let i = 0; i < recent.length; i++) {
      const place = recent[i] as number
      if (list[place] === value) return place
    }
    const place = list.push(value) - 1
    if (recent.length < MAX_RECENT) recent.push(place)
    else recent[place % MAX_RECENT] = place
    return place
  }
}

const MAX_RECENT = 8

/**
 * The same for values of which these facts are kept; those of one group alone are compared, so that it should not have many.
 */
function placesOfAlike<T extends object>(
  list: T[],
  isSame: (a: T, b: T) => boolean,
  facts: readonly (keyof T)[],
): (group: string, value: T) => number {
  const groups = new Map<string, number[]>()
  let last = 0
  return (group, value) => {
    if (last < list.length && isSame(list[last] as T, value)) return last
    const places = groups.get(group) ?? []
    const known = places.find((place) => isSame(list[place] as T, value))
    if (known !== undefined) {
      last = known
      return known
    }
    groups.set(group, places)
    const own = Object.fromEntries(
      facts.flatMap((fact) => (value[fact] === undefined ? [] : [[fact, value[fact]]])),
    ) as T
    last = list.push(own) - 1
    places.push(last)
    return last
  }
}

/** Facts of several parts, of which there are few, are the same when they say the same. */
function isAlike(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return false
  return JSON.stringify(a) === JSON.stringify(b)
}
