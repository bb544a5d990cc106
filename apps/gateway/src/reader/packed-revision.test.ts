import type { RevisionApi, RevisionSubscription } from '@portcullis/model/revision'
import { testRevision } from '@portcullis/policy-kit/test-kit'
import { expect, test } from 'vitest'
import { atOnce } from '../revision/in-slices.ts'
import { packRevision, unpackRevision } from './packed-revision.ts'

const plain = testRevision()
const api = (name: string, operations: number): RevisionApi => ({
  ...(plain.apis[0] as RevisionApi),
  api: name,
  title: `Straße ${name}`,
  operations: Array.from({ length: operations }, (_, i) => ({
    id: `operation${i}`,
    method: 'GET',
    path: `/items-${i}/{id}`,
    security: [],
    policies: [],
  })),
})
const subscriptions: RevisionSubscription[] = Array.from({ length: 500 }, (_, i) => ({
  subscription: `s-${i}`,
  app: `app-${i}`,
  product: 'goods',
  plan: 'gold',
  apis: [{ api: 'shop', version: 'v1' }],
  scopes: ['read'],
}))

test('a revision is whole again in another thread, however long its lists are', () => {
  const revision = { ...plain, subscriptions, apis: [api('shop', 700), api('none', 0), api('other', 2)] }
  const packed = structuredClone(packRevision(revision))
  expect(atOnce(unpackRevision(packed))).toEqual(revision)
})

test('it is parsed in pieces, so that no call waits for the whole', () => {
  const revision = { ...plain, subscriptions, apis: [api('shop', 2_000)] }
  const pieces = [...unpackRevision(packRevision(revision))].length
  const { length } = JSON.stringify(revision)
  expect(pieces).toBeGreaterThan(length / 20_000)
})
