import { expect, test } from 'vitest'
import { observedLines } from './observed.ts'

const limit = {
  environment: 'production',
  policy: 'rate-limit',
  origin: 'plan warehouse/gold',
  code: 'rate-limit.exceeded',
}

test('what would have been refused is told for each attachment and reason, with the apps that it would have hit', () => {
  const called = { api: 'warehouse', operation: 'listItems' }
  expect(
    observedLines([
      { ...limit, ...called, client: 'shop', calls: 300 },
      { ...limit, ...called, client: 'robot', calls: 11 },
      { ...limit, ...called, client: 'shop', operation: 'orderItem', calls: 1 },
      { ...limit, policy: 'ip-filter', code: 'ip-filter.denied', origin: 'environment production', calls: 1 },
    ]),
  ).toEqual([
    'rate-limit from plan warehouse/gold, in production, would have refused 312 calls of 2 apps (shop, robot) with rate-limit.exceeded:',
    '       300  shop  listItems of warehouse',
    '        11  robot  listItems of warehouse',
    '         1  shop  orderItem of warehouse',
    'ip-filter from environment production, in production, would have refused 1 call of nobody known with ip-filter.denied:',
    '         1  -  no operation',
  ])
})

test('it is told when there is nothing to tell', () => {
  expect(observedLines([])).toEqual(['Nothing that is only observed would have been refused.'])
})
