import type { PolicyReport } from '@portcullis/api-client/route/policy-report'
import { expect, test } from 'vitest'
import { reportLines } from './policies.ts'

const nothing = { roles: [], groups: [], scopes: [], dataClasses: [] }

const report: PolicyReport = {
  organization: 'hmart',
  environment: 'production',
  revision: 3,
  policies: [
    {
      kind: 'cedar',
      name: 'office/abroad',
      effect: 'forbid',
      ...nothing,
      attributes: ['context.claims.country'],
      dataClasses: ['healthcare'],
      apis: ['clinic/v1'],
      operations: 2,
    },
    {
      kind: 'attachment',
      name: 'role from environment production',
      mode: 'observe',
      ...nothing,
      attributes: [],
      roles: ['clerk'],
      apis: [],
      operations: 0,
    },
  ],
  uncallable: [
    {
      api: 'clinic',
      version: 'v1',
      operation: 'treat',
      reasons: [{ policy: 'subscription', reason: 'no subscription grants treat' }],
    },
  ],
  contradictions: [{ permit: 'office/all', forbid: 'office/abroad', how: 'may' }],
  duplicates: [{ policy: 'office/b', of: 'office/a' }],
  shadowed: [],
  impossible: [],
  leftOut: { policies: 0, contradictions: 7 },
}

test('the report is a table of policies, then what is wrong with them, and nothing of what is well', () => {
  expect(reportLines(report)).toEqual([
    'Policies of hmart/production#3.',
    '',
    'policy                            kind                  operations      mentions',
    'office/abroad                     forbid                2 of clinic/v1  context.claims.country, data healthcare',
    'role from environment production  attachment (observe)  none            role clerk',
    '',
    'Nobody can call:',
    '  treat of clinic/v1: no subscription grants treat (subscription)',
    '',
    'The second forbids some of what the first permits, or may:',
    '  office/all and office/abroad',
    '  … and 7 more',
    '',
    'Says the same as another:',
    '  office/b as office/a',
  ])
})

test('it says so where nothing mentions what was asked for', () => {
  expect(reportLines({ ...report, policies: [] })).toContain('No policy mentions this.')
})
