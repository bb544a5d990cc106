import type { EndReason } from '@portcullis/model/decision/ending'
import type { Principal } from '@portcullis/policy-kit/principal'
import { testExchange, testRevision } from '@portcullis/policy-kit/test-kit'
import { manualClock } from '@portcullis/ports/clock/memory'
import { expect, test } from 'vitest'
import { openStandingCalls } from './standing-calls.ts'

const place = 'https://editor.example/clients/'
const client = `${place}a.json`
const principal: Principal = {
  ...{ schemes: ['main'], issuer: 'https://auth.example/hmart', client, app: 'editors', subject: 'ada' },
  ...{ scopes: new Set(), expiresAt: Number.POSITIVE_INFINITY, claims: {} },
}
const subscriber = { subscription: 'editors', product: 'stock', plan: 'staff' }
const taken = [{ place, app: 'editors' }]

/** The revision in which its app subscribes, with other documents that are taken. */
function revisionWith(documentApps: typeof taken, subscriptions = [subscriber]) {
  const { apis } = testRevision()
  const served = apis.map(({ api, version }) => ({ api, version }))
  const all = subscriptions.map((each) => ({ ...each, app: 'editors', apis: served, scopes: [] }))
  return testRevision({ documentApps, subscriptions: all })
}

test.each<[string, ReturnType<typeof revisionWith>, EndReason | undefined]>([
  ['goes on while its app stands for it', revisionWith([...taken]), undefined],
  ['ends once its document is taken no more', revisionWith([]), 'subscription-gone'],
  ['ends once another app stands for it', revisionWith([{ place, app: 'other' }]), 'subscription-gone'],
  ['ends with the subscription of its app', revisionWith(taken, []), 'subscription-gone'],
])('a standing call of a client that a document describes %s', (_, next, reason) => {
  const ended: EndReason[] = []
  const standing = openStandingCalls({ clock: manualClock(), revocations: undefined })
  const x = testExchange({ revision: revisionWith(taken), principal })
  x.apply({ subscriber })
  const remove = standing.add(x, { kind: 'websocket', check: () => undefined, end: (why) => ended.push(why) })
  standing.keepTo([next])
  expect(ended).toEqual(reason === undefined ? [] : [reason])
  remove()
})
