import { z } from '@portcullis/kernel/schema'
import type { Mode } from '@portcullis/model/attachment'
import { describe, expect, it } from 'vitest'
import { conditionOf, expressionsOf } from '../condition-test-kit.ts'
import { stepFaults } from '../message/problem.ts'
import { anyPolicy, type Policy } from '../policy.ts'
import { bindFor, runThrough, testExchange, testRevision } from '../test-kit.ts'
import { proceed, refuse } from '../verdict.ts'

const LARGE = { amount: 5_000 }

/** Refuses every call for which it runs. */
const wall: Policy<object> = {
  contract: {
    id: 'wall',
    summary: 'Refuses.',
    phase: 'limit',
    stacking: 'nearest',
    config: z.strictObject({}),
    faults: {},
    body: { need: 'none' },
    mayFailOpen: false,
  },
  needs: [],
  bind: () => ({ onRequest: () => refuse(stepFaults.failed()) }),
}

/** Says what its expression comes to. */
const teller: Policy<object> = {
  contract: { ...wall.contract, id: 'teller' },
  needs: [],
  bind(_config, _ports, { expression }) {
    const ask = expression('context.body.items')
    return { onRequest: (x) => proceed({ told: String(ask(x)) }) }
  },
}

const revision = testRevision(
  {},
  { operations: [{ id: 'order', method: 'POST', path: '/items', security: [], policies: [] }] },
)

/** A body that comes in pieces. */
async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size))
}

function exchange(body: string | undefined, declared = false) {
  const x = testExchange({
    revision,
    ...(declared && { headers: { 'Content-Length': String(body?.length) } }),
  })
  if (body !== undefined) Object.assign(x.request, { body: pieces(body, 7_000) })
  return x
}

async function sent(x: ReturnType<typeof exchange>): Promise<string> {
  const body = x.outgoingBody()
  if (body === undefined) return ''
  const read: Uint8Array[] = []
  for await (const piece of body instanceof Uint8Array ? [body] : body) read.push(piece)
  return Buffer.concat(read).toString()
}

async function call(
  body: string | undefined,
  { mode = 'enforce', declared = false }: { mode?: Mode; declared?: boolean } = {},
) {
  const x = exchange(body, declared)
  const when = conditionOf('context.body.amount > 1000')
  const steps = bindFor(anyPolicy(wall), { when, mode }, x)
  return { ...(await runThrough(steps, x)), x }
}

const padded = (object: object, bytes: number): string => JSON.stringify({ ...object, pad: '' }).padEnd(bytes)

describe('a condition that asks the body', () => {
  it.each<[string, string | undefined, boolean]>([
    ['holds', JSON.stringify(LARGE), true],
    ['does not hold', JSON.stringify({ amount: 10 }), false],
    ['has no answer without the field, so that the step runs', '{}', true],
    ['has no answer without a body', undefined, true],
    ['has no answer where the body is no object', '[5000]', true],
    ['has no answer where a name comes twice', '{"amount": 5000, "amount": 1}', true],
    ['holds up to 64 KiB', padded({ amount: 10 }, 65_536), false],
    ['has no answer beyond, whatever stands there', padded({ amount: 10 }, 65_537), true],
  ])('%s', async (_, body, refused) => {
    for (const declared of [false, body !== undefined]) {
      expect((await call(body, { declared })).ending?.verdict).toBe(refused ? 'refuse' : undefined)
    }
  })

  it('leaves the body whole for the backend', async () => {
    const body = padded({ amount: 10 }, 100_000)
    const { x } = await call(body, { mode: 'observe' })
    expect(await sent(x)).toBe(body)
  })

  it('refuses nothing where it is only observed, however large the body is', async () => {
    const { ending, x } = await call(padded({}, 200_000), { mode: 'observe' })
    expect(ending).toBeUndefined()
    expect(x.trace[0]).toMatchObject({ verdict: 'refuse', when: { holds: true } })
  })

  it('does not read the body where the step is off', async () => {
    const { x } = await call(JSON.stringify(LARGE), { mode: 'off' })
    expect(x.ahead).toBeUndefined()
  })

  it('counts too for whether a nearer attachment runs in the place of a wider one', async () => {
    const wide = { policy: 'wall', mode: 'enforce', failOpen: false, config: {} } as const
    const api = { ...revision.apis[0], policies: [wide] } as (typeof revision)['apis'][number]
    const both = { ...revision, apis: [api] }
    for (const [amount, origin] of [
      [5_000, 'operation order'],
      [10, 'API warehouse/v1'],
    ] as const) {
      const x = testExchange({ revision: both })
      Object.assign(x.request, { body: pieces(JSON.stringify({ amount }), 3) })
      const steps = bindFor(anyPolicy(wall), { when: conditionOf('context.body.amount > 1000') }, x)
      await runThrough(steps, x)
      expect(x.trace.filter(({ verdict }) => verdict === 'refuse').map((each) => each.origin)).toEqual([
        expect.stringContaining(origin.split(' ')[1] as string),
      ])
    }
  })
})

it('an expression in a config can ask the body', async () => {
  const x = exchange('{"items": 3}')
  const steps = bindFor(anyPolicy(teller), { expressions: expressionsOf('context.body.items') }, x)
  await runThrough(steps, x)
  expect(x.trace[0]?.saw).toEqual({ told: '3' })
})
