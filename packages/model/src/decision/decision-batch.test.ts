import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Decision, DecisionStep } from './decision.ts'
import {
  type DecisionBatch,
  decisionBatch,
  packBatch,
  packDecisions,
  unpackBatch,
  unpackDecisions,
} from './decision-batch.ts'

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
    upstream: fc.record({ micros: count }, { noNullPrototype: true }),
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
    expect(batch).toMatchObject({
      operations: [operation],
      saws: [saw],
      said: [0, 0, 1, 0, 0, 2, 0, 0, 1, 0, 0, 2],
    })
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

  const whole = () => packDecisions(fc.sample(record, { numRuns: 5, seed: 7 }))
  it.each<[string, (batch: DecisionBatch) => void]>([
    ['a column that is too short', (batch) => batch.status.pop()],
    ['a column that is too long', (batch) => batch.code.push(null)],
    ['an environment that it has not', (batch) => batch.environment.fill(batch.environments.length)],
    ['an operation that it has not', (batch) => batch.operation.fill(batch.operations.length)],
    ['a step that it has not', (batch) => batch.said.fill(batch.steps.length, 0, 1)],
    ['a backend that it has not', (batch) => batch.backend.fill([batch.backends.length])],
    ['a step before the first', (batch) => batch.said.fill(-1, 0, 1)],
    ['something seen that it has not', (batch) => batch.said.fill(batch.saws.length, 1, 2)],
    ['something seen before the first', (batch) => batch.said.fill(-2, 1, 2)],
    ['half a step', (batch) => batch.said.pop()],
    ['a step too many', (batch) => batch.said.push(0, -1, 0)],
    ['a negative number of steps', (batch) => batch.passed.fill(-1)],
    ['something seen that is far too long', (batch) => batch.saws.push({ text: 'x'.repeat(70_000) })],
    ['another column', (batch) => Object.assign(batch, { address: [] })],
  ])('is refused with %s', (_, spoil) => {
    const batch = whole()
    expect(decisionBatch.safeParse(batch).success).toBe(true)
    spoil(batch)
    expect(decisionBatch.safeParse(batch).success).toBe(false)
  })
})
