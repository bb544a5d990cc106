import { expect, it } from 'vitest'
import { collectingLog } from './memory.ts'

it('keeps the last lines in the order in which they were written', () => {
  const log = collectingLog(2)
  log.debug('dropped')
  log.warn('first', { count: 1 })
  log.error('second')
  expect(log.lines).toEqual([
    { level: 'warn', message: 'first', fields: { count: 1 } },
    { level: 'error', message: 'second', fields: {} },
  ])
})
