import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { abortSignalOf, LightSignal, type Signal } from './signal.ts'

test('a light signal tells everybody who listens, once and in order, and says why', () => {
  const signal = new LightSignal()
  const told: string[] = []
  const first = () => told.push('first')
  const gone = () => told.push('gone')
  signal.addEventListener('abort', first)
  signal.addEventListener('abort', first)
  signal.addEventListener('abort', gone)
  signal.addEventListener('abort', { handleEvent: () => told.push('object') })
  signal.removeEventListener('abort', gone)
  signal.abort('enough')
  signal.abort('again')
  expect(told).toEqual(['first', 'object'])
  expect(signal).toMatchObject({ aborted: true, reason: 'enough' })
})

test('whoever stops listening hears nothing, also as the only one; nor does who comes late', () => {
  const signal = new LightSignal()
  const told: string[] = []
  const only = () => told.push('only')
  signal.addEventListener('abort', only)
  signal.removeEventListener('abort', only)
  signal.abort()
  signal.addEventListener('abort', () => told.push('late'))
  expect(told).toEqual([])
  expect(signal.reason).toMatchObject({ name: 'AbortError' })
})

test('a signal of the platform is one, and is handed out as itself', () => {
  const { signal } = new AbortController()
  const asOurs: Signal = signal
  expect(abortSignalOf(asOurs)).toBe(signal)
})

test('a light signal stops what takes signals of the platform alone, before and after it was given', async () => {
  const signal = new LightSignal()
  const sleeping = sleep(60_000, undefined, { signal: abortSignalOf(signal) })
  signal.abort(new Error('the caller is gone'))
  await expect(sleeping).rejects.toMatchObject({ name: 'AbortError' })
  expect(abortSignalOf(signal)).toMatchObject({ aborted: true, reason: signal.reason })
})
