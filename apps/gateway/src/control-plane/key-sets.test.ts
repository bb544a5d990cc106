import { z } from '@portcullis/kernel/schema'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import { anyPolicy, type Policy } from '@portcullis/policy-kit/policy'
import { proceed } from '@portcullis/policy-kit/verdict'
import { manualClock } from '@portcullis/ports/clock/memory'
import { collectingLog } from '@portcullis/ports/log/memory'
import { expect, test } from 'vitest'
import { openPipeline } from '../pipeline.ts'
import { shopRevision, testPorts } from '../test-kit/front.ts'
import { attach } from '../test-kit/policy.ts'

const config = z.strictObject({ kid: z.string() })
const signing: Policy<z.infer<typeof config>> = {
  contract: {
    id: 'signing',
    summary: 'For a test alone',
    phase: 'backend',
    stacking: 'every',
    config,
    faults: {},
    body: { need: 'none' },
    mayFailOpen: false,
  },
  needs: [],
  bind: ({ kid }) => ({
    publishes: { path: '/.well-known/keys', keys: [{ kty: 'EC', kid }] },
    onRequest: () => proceed(),
  }),
}

test('keys that steps publish are one set at every host, each key once, and of steps in force alone', async () => {
  const pipeline = openPipeline({
    catalog: [anyPolicy(signing)],
    ports: testPorts,
    forwarder: { forward: () => Promise.reject(new Error('nobody is asked')) },
    record: () => undefined,
    clock: manualClock(),
    log: collectingLog(),
  })
  const policies = [
    attach('signing', { kid: 'a' }),
    attach('signing', { kid: 'b' }),
    attach('signing', { kid: 'a' }),
    attach('signing', { kid: 'c' }, { mode: 'observe' }),
  ]
  pipeline.swap([shopRevision('http://127.0.0.1:1', { policies })])
  const reply = await pipeline.handle({
    method: 'GET',
    target: '/.well-known/keys',
    headers: HeaderList.of({ Host: 'api.example' }),
    remoteAddress: '192.0.2.1',
    signal: new AbortController().signal,
  })
  expect(reply.status).toBe(200)
  expect(JSON.parse(Buffer.from(reply.body as Uint8Array).toString())).toEqual({
    keys: [
      { kty: 'EC', kid: 'a' },
      { kty: 'EC', kid: 'b' },
    ],
  })
})
