import { defineFaults } from '@portcullis/kernel/fault'
import { describe, expect, it } from 'vitest'
import { finding, findingOf, formatPlace } from './finding.ts'

const planFaults = defineFaults('plan', {
  unknown: { status: 422, title: 'There is no such plan', remedy: 'Declare it.' },
})

describe('formatPlace', () => {
  it.each([
    [{ file: 'a.yaml', line: 12, column: 5, path: '/spec/title' }, 'a.yaml:12:5 /spec/title'],
    [{ file: 'a.yaml', line: 12 }, 'a.yaml:12'],
    [{ file: 'a.yaml' }, 'a.yaml'],
    [{ path: '/spec' }, '/spec'],
    [{ file: 'a.yaml', path: '' }, 'a.yaml'],
    [{}, ''],
  ])('writes as much of %j as is known', (place, text) => {
    expect(formatPlace(place)).toBe(text)
  })
})

describe('findingOf', () => {
  it('tells what is public of a fault and nothing else', () => {
    const fault = planFaults.unknown({
      detail: 'Plan "gold" is not declared.',
      internal: 'looked in 3 tables',
      place: { file: 'a.yaml', line: 3, path: '/spec/plan' },
    })
    const found = findingOf(fault)
    expect(found).toEqual({
      severity: 'error',
      code: 'plan.unknown',
      message: 'Plan "gold" is not declared.',
      remedy: 'Declare it.',
      file: 'a.yaml',
      line: 3,
      path: '/spec/plan',
    })
    expect(finding.safeParse(found).success).toBe(true)
  })

  it('falls back to the title where the occurrence says no more', () => {
    expect(findingOf(planFaults.unknown({ internal: 'secret' })).message).toBe('There is no such plan')
  })
})
