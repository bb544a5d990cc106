import type { ApiClient } from '@portcullis/api-client/client'
import { expect, it } from 'vitest'
import { lastThatDidNotPass } from './explain.ts'

type Listed = { readonly id: string; readonly at: string; readonly outcome: string }

const knowing = (listed: readonly Listed[]): Pick<ApiClient, 'listDecisions'> =>
  ({
    listDecisions: async ({ query }: { query: { outcome: string; limit: number } }) => ({
      decisions: listed.filter((each) => each.outcome === query.outcome).slice(0, query.limit),
    }),
  }) as unknown as Pick<ApiClient, 'listDecisions'>

const refused = { id: 'a', at: '2026-11-22T12:00:01.000Z', outcome: 'refused' }
const failed = { id: 'b', at: '2026-11-22T12:00:02.000Z', outcome: 'failed' }
const allowed = { id: 'c', at: '2026-11-22T12:00:03.000Z', outcome: 'allowed' }

it('the last call that did not pass is the later one of those that were refused and those that failed', async () => {
  expect(await lastThatDidNotPass(knowing([allowed, failed, refused]), 'hmart')).toBe('b')
  expect(await lastThatDidNotPass(knowing([{ ...refused, at: allowed.at }, failed]), 'hmart')).toBe('a')
  expect(await lastThatDidNotPass(knowing([allowed]), 'hmart')).toBeUndefined()
})
