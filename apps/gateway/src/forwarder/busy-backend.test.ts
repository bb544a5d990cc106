import { expect, test } from 'vitest'
import { openBackend } from '../test-kit/backend.ts'
import { openFront, shopRevision } from '../test-kit/front.ts'

test('a call for which no connection to the backend is left is told to come again soon', async () => {
  const backend = await openBackend(() => undefined)
  const limits = { maxConnectionsPerOrigin: 1, maxWaitingPerOrigin: 0 }
  await using front = await openFront([shopRevision(backend.url)], { forwarder: limits })
  const leaving = new AbortController()
  const first = fetch(`${front.url}/shop/v1/things`, { signal: leaving.signal }).catch(() => undefined)
  await expect.poll(() => backend.connections()).toBe(1)
  const answer = await fetch(`${front.url}/shop/v1/things`)
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await answer.json()).toMatchObject({ code: 'gateway.upstream-busy' })
  leaving.abort()
  await first
  await backend.close()
})
