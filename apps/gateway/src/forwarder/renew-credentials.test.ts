import { z } from '@portcullis/kernel/schema'
import type { Decision } from '@portcullis/model/decision/decision'
import { type UpstreamDeclaration, upstream as upstreamSchema } from '@portcullis/model/resource/upstream'
import type { BackendCredential } from '@portcullis/policy-kit/backend-credential'
import type { IncomingRequest } from '@portcullis/policy-kit/exchange'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import { anyPolicy, type Policy } from '@portcullis/policy-kit/policy'
import { proceed } from '@portcullis/policy-kit/verdict'
import { manualClock } from '@portcullis/ports/clock/memory'
import { collectingLog } from '@portcullis/ports/log/memory'
import { beforeEach, describe, expect, test } from 'vitest'
import { openPipeline } from '../pipeline.ts'
import { shopRevision, testPorts } from '../test-kit/front.ts'
import { attach } from '../test-kit/policy.ts'
import type { OutgoingRequest } from './forwarder.ts'

let good: string
let next: string[]
let upstream: UpstreamDeclaration
let busy: boolean
let sent: OutgoingRequest[]
let decisions: Decision[]

/** A credential of a backend that takes one at a time. */
function credentialOf(word: string): BackendCredential {
  return {
    told: { method: word, speaksOf: 'gateway' },
    write(draft) {
      draft.headers.append('X-Word', word)
      draft.target += `?to=${new URL(draft.origin).host}`
    },
    async renew() {
      const another = next.shift()
      if (another === 'none') throw new Error('there is no other')
      return another === undefined ? undefined : credentialOf(another)
    },
  }
}

const none = z.strictObject({})
const word: Policy<z.infer<typeof none>> = {
  contract: {
    id: 'word',
    summary: 'For a test alone',
    phase: 'backend',
    stacking: 'nearest',
    config: none,
    faults: {},
    body: { need: 'none' },
    mayFailOpen: false,
  },
  needs: [],
  bind: () => ({ onRequest: () => proceed(undefined, { credential: credentialOf('old') }) }),
}

async function call(changes: Partial<IncomingRequest> = {}) {
  const pipeline = openPipeline({
    catalog: [anyPolicy(word)],
    ports: testPorts,
    forwarder: {
      async forward(request) {
        sent.push(request)
        if (busy && sent.length === 1) return { status: 503, headers: new HeaderList() }
        const isGood = request.headers.all('x-word').join() === good
        return { status: isGood ? 200 : 401, headers: new HeaderList() }
      },
    },
    record: (each) => decisions.push(each),
    clock: manualClock(),
    log: collectingLog(),
  })
  const policies = [attach('word', {})]
  pipeline.swap([shopRevision(upstream, { policies })])
  const headers = HeaderList.of({ Host: 'api.example' })
  const signal = new AbortController().signal
  const request = { method: 'POST', target: '/shop/v1/things', headers, remoteAddress: '192.0.2.1', signal }
  const reply = await pipeline.handle({ ...request, ...changes })
  pipeline.close()
  return reply.status
}

const words = () => sent.map((each) => each.headers.all('x-word'))

describe('a credential that a backend refuses', () => {
  beforeEach(() => {
    good = 'new'
    next = ['new']
    upstream = 'http://127.0.0.1:1'
    busy = false
    sent = []
    decisions = []
  })

  test('is renewed, and the call sent once more', async () => {
    expect(await call({ body: Buffer.from('{}') })).toBe(200)
    expect(words()).toEqual([['old'], ['new']])
    expect(sent.map((each) => each.target)).toEqual(['/things?to=127.0.0.1:1', '/things?to=127.0.0.1:1'])
    expect(decisions[0]).toMatchObject({ status: 200, backend: [{ method: 'new' }] })
  })

  test('is renewed once alone', async () => {
    next = ['newer', 'new']
    expect(await call()).toBe(401)
    expect(words()).toEqual([['old'], ['newer']])
  })

  test.each([[[]], [['none']]])('is left where there is no other', async (others) => {
    next = others
    expect(await call()).toBe(401)
    expect(words()).toEqual([['old']])
    expect(decisions[0]?.backend).toEqual([{ method: 'old', speaksOf: 'gateway' }])
  })

  test('is left where the body has gone by', async () => {
    const body = (async function* () {
      yield Buffer.from('{}')
    })()
    expect(await call({ body })).toBe(401)
    expect(words()).toEqual([['old']])
  })

  test('is written anew for every target', async () => {
    const targets = [{ url: 'http://a.internal' }, { url: 'http://b.internal' }]
    upstream = upstreamSchema.parse({ targets, retry: { on: [503], budgetPercent: 100 } })
    busy = true
    good = 'old'
    expect(await call({ method: 'PUT' })).toBe(200)
    expect(words()).toEqual([['old'], ['old']])
    const told = sent.map((each) => each.target)
    expect(new Set(told)).toEqual(new Set(['/things?to=a.internal', '/things?to=b.internal']))
  })
})
