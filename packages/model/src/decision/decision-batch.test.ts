import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Decision, DecisionStep, UpstreamCall } from './decision.ts'
import {
  type DecisionBatch,
  decisionBatch,
  decisionBatches,
  openDecisionPacker,
  packBatch,
  packDecisions,
  unpackBatch,
  unpackDecisions,
} from './decision-batch.ts'
import { NumberReader, NumberWriter } from './number-text.ts'

/** Few values, so that much is the same in many records. */
const few = fc.constantFrom('a', 'b', 'constructor', '__proto__', 'd"\\')
const count = fc.nat({ max: 3 })
const made = <T extends object>(model: { [K in keyof T]-?: fc.Arbitrary<T[K]> }, required: (keyof T)[]) =>
  fc.record(model, { requiredKeys: required, noNullPrototype: true }) as fc.Arbitrary<T>

const step = made<DecisionStep>(
  {
    policy: few,
    origin: few,
    mode: fc.constantFrom('enforce', 'observe'),
    verdict: fc.constantFrom('proceed', 'refuse', 'respond'),
    when: fc.constantFrom({ holds: true }, { holds: false }, { holds: false, error: 'no such' }),
    code: few,
    saw: fc.dictionary(fc.constantFrom('held', 'constructor'), fc.oneof(few, count, fc.boolean()), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
    micros: count,
  },
  ['policy', 'origin', 'mode', 'verdict', 'micros'],
)
const name = fc.constantFrom('hmart', 'robots')
const record = made<Omit<Decision, 'token'>>(
  {
    id: few,
    organization: name,
    environment: name,
    revision: count,
    at: fc.nat({ max: 5 }).map((millis) => new Date(millis).toISOString()),
    method: fc.constantFrom('GET', 'POST'),
    operation: fc.record({ api: few, version: few, id: few, path: few }, { noNullPrototype: true }),
    client: few,
    subject: few,
    outcome: fc.constantFrom('allowed', 'refused'),
    status: count,
    code: few,
    steps: fc.array(step, { maxLength: 4 }),
    upstream: made<UpstreamCall>(
      {
        status: fc.constantFrom(200, 503),
        micros: fc.oneof(count, fc.maxSafeNat()),
        target: few,
        attempts: fc.constant([{ target: 'a', micros: 1 }]),
        panic: fc.constant(true),
      },
      ['micros'],
    ),
    backend: fc.array(
      fc.constantFrom(
        { method: 'basic', speaksOf: 'gateway' } as const,
        { method: 'token-exchange', speaksOf: 'caller', audience: 'b' } as const,
      ),
      { minLength: 1, maxLength: 3 },
    ),
    ending: fc.constant({
      ...{ kind: 'websocket', decision: 'dec_1', reason: 'idle', millis: 5 },
      ...{ fromCaller: { bytes: 1 }, fromBackend: { bytes: 2 } },
    } as const),
    micros: count,
  },
  ['id', 'organization', 'environment', 'revision', 'at', 'method', 'outcome', 'status', 'steps', 'micros'],
)
const records = fc.array(record, { maxLength: 20 })

describe('a batch of decisions', () => {
  it('says all that the records say, sent as JSON and read strictly', () => {
    fc.assert(
      fc.property(records, (decisions) => {
        const sent: unknown = JSON.parse(JSON.stringify(packDecisions(decisions)))
        expect(unpackDecisions(decisionBatch.parse(sent))).toEqual(decisions)
      }),
    )
  })

  it('is read once, by who checks it', () => {
    const decisions = fc.sample(record, 3)
    const [batch] = decisionBatches.parse(JSON.parse(JSON.stringify([packDecisions(decisions)])))
    if (batch === undefined) throw new Error('no batch')
    Object.assign(batch, { calls: 'no numbers' })
    expect(unpackDecisions(batch)).toEqual(decisions)
  })

  it('is given from thread to thread whole, as bytes that are its own', () => {
    const decisions = fc.sample(record, 3).map((each) => ({ ...each, subject: 'Zoë 🔑' }))
    const packed = packBatch(packDecisions(decisions))
    const { records, json } = structuredClone(packed, { transfer: [packed.json.buffer] })
    expect(packed.json.byteLength).toBe(0)
    expect(records).toBe(3)
    expect(unpackBatch({ records, json })).toEqual(decisions)
  })

  it('says once what many calls have in common', () => {
    const saw = { held: 'list_items' }
    const steps: DecisionStep[] = [
      { policy: 'scope', origin: 'contract', mode: 'enforce', verdict: 'proceed', saw, micros: 1 },
      {
        policy: 'scope',
        origin: 'contract',
        mode: 'enforce',
        verdict: 'proceed',
        saw,
        micros: 2,
      },
    ]
    const operation = { api: 'shop', version: 'v1', id: 'list', path: '/items' }
    const one: Decision = {
      ...{ id: 'dec_1', organization: 'hmart', environment: 'production', revision: 1, method: 'GET' },
      ...{ at: '2026-01-01T00:00:00.000Z', outcome: 'allowed', status: 200, micros: 5, steps, operation },
    }
    const batch = packDecisions([one, { ...one }])
    expect(batch).toMatchObject({ operations: [operation], saws: [saw], methods: ['GET'], moments: [one.at] })
    expect(batch.environments).toHaveLength(1)
    expect(batch.steps).toHaveLength(1)
  })

  it('says once what a condition came to, though every call has it told anew', () => {
    const step = (holds: boolean): DecisionStep => ({
      ...{ policy: 'cors', origin: 'api', mode: 'enforce', verdict: 'proceed', micros: 1, when: { holds } },
    })
    const [one] = fc.sample(record, { numRuns: 1, seed: 7 }) as [Decision]
    const batch = packDecisions([true, true, false].map((holds) => ({ ...one, steps: [step(holds)] })))
    expect(batch.steps.map((each) => each.when)).toEqual([{ holds: true }, { holds: false }])
  })

  it('says once what many calls saw, though others saw something else at every call', () => {
    const shared = { held: 'list_items' }
    const step = (policy: string, saw: DecisionStep['saw']): DecisionStep => ({
      ...{ policy, origin: 'api', mode: 'enforce', verdict: 'proceed', micros: 1, ...(saw && { saw }) },
    })
    const [one] = fc.sample(record, { numRuns: 1, seed: 7 }) as [Decision]
    const decisions = Array.from({ length: 50 }, (_, remaining) => ({
      ...one,
      steps: [step('rate-limit', { remaining }), step('scope', shared), step('cors', undefined)],
    }))
    const batch = packDecisions(decisions)
    expect(batch.saws.filter((each) => each === shared)).toHaveLength(1)
    expect(unpackDecisions(batch)).toEqual(decisions)
  })

  it('begins anew once it was taken', () => {
    const [first, second] = fc.sample(record, { numRuns: 2, seed: 7 }) as [Decision, Decision]
    const packer = openDecisionPacker()
    packer.add(first)
    expect(unpackDecisions(packer.take())).toEqual([first])
    packer.add(second)
    expect(unpackDecisions(packer.take())).toEqual([second])
    expect(packer.size).toBe(0)
  })

  /** A call that has all there is, so that it is known where each of its numbers stands. */
  const whole = (): DecisionBatch => {
    const steps: DecisionStep[] = [
      { policy: 'a', origin: 'b', mode: 'enforce', verdict: 'refuse', saw: { c: 1 }, micros: 9 },
    ]
    const upstream = { status: 200, micros: 8 }
    const backend = [{ method: 'basic', speaksOf: 'gateway' } as const]
    const [one] = fc.sample(record, { numRuns: 1, seed: 7 }) as [Decision]
    const operation = { api: 'a', version: 'b', id: 'c', path: '/d' }
    const { ending: _, ...usual } = one
    const call = { ...usual, operation, client: 'e', subject: 'f', code: 'g', upstream, backend, steps }
    return packDecisions([call])
  }
  const ENVIRONMENT = 0
  const MOMENT = 1
  const OPERATION = 3
  const OUTCOME = 6
  const ENDING = 10
  const UPSTREAM = 11
  const BACKENDS = 14
  const STEPS = 16
  const STEP = 17
  const SAW = 18
  const changing = (place: number, to: number) => (batch: DecisionBatch) => {
    const numbers: number[] = []
    for (const reader = new NumberReader(batch.calls); !reader.isAtEnd; ) numbers.push(reader.read())
    numbers[place] = to
    const writer = new NumberWriter()
    for (const each of numbers) writer.write(each)
    batch.calls = writer.take()
  }
  it.each<[string, (batch: DecisionBatch) => void]>([
    ['an environment that it has not', changing(ENVIRONMENT, 1)],
    ['a moment that it has not', changing(MOMENT, 1)],
    ['a moment that is none', (batch) => batch.moments.fill('yesterday')],
    ['an operation that it has not', changing(OPERATION, 2)],
    ['an outcome that is none', changing(OUTCOME, 4)],
    ['an ending that it has not', changing(ENDING, 1)],
    ['an upstream that it has not', changing(UPSTREAM, 2)],
    ['a backend that it has not', changing(BACKENDS + 1, 1)],
    ['too many backends', changing(BACKENDS, 5)],
    ['a step that it has not', changing(STEP, 1)],
    ['something seen that it has not', changing(SAW, 2)],
    ['half a step', changing(STEPS, 2)],
    ['a step too many', changing(STEPS, 0)],
    ['too many steps', changing(STEPS, 1_001)],
    ['a call too few', (batch) => batch.id.pop()],
    ['a call too many', (batch) => batch.id.push('dec_2')],
    ['a text that is no numbers', (batch) => Object.assign(batch, { calls: '"' })],
    ['something seen that is far too long', (batch) => batch.saws.push({ text: 'x'.repeat(70_000) })],
    ['another list', (batch) => Object.assign(batch, { addresses: [] })],
  ])('is refused with %s', (_, spoil) => {
    const batch = whole()
    expect(decisionBatch.safeParse(batch).success).toBe(true)
    spoil(batch)
    expect(decisionBatch.safeParse(batch).success).toBe(false)
  })
})
