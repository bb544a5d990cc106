import { describe, expect, it } from 'vitest'
import { treeOf } from '../tree.ts'
import { checkNames } from './check-name.ts'

const named = (path: string) =>
  checkNames(treeOf({ 'packages/model/package.json': '{}', [path]: '' })).map((each) => each.file)

describe('checkNames', () => {
  it('has nothing against kebab-case', () => {
    expect(named('packages/model/src/rate-limit/rate-limit.test.ts')).toEqual([])
  })

  it.each(['util', 'utils', 'helpers', 'common', 'manager', 'services', 'impl'])(
    'refuses a folder %s',
    (name) => {
      expect(named(`packages/model/src/${name}/a.ts`)).toEqual([`packages/model/src/${name}`])
    },
  )

  it('refuses a file whose name says nothing', () => {
    expect(named('packages/model/src/utils.ts')).toEqual(['packages/model/src/utils.ts'])
  })

  it('refuses capitals and underscores', () => {
    expect(named('packages/model/src/RateLimit.ts')).toEqual(['packages/model/src/RateLimit.ts'])
    expect(named('packages/model/src/rate_limit/a.ts')).toEqual(['packages/model/src/rate_limit'])
  })
})
