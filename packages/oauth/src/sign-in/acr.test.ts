import { describe, expect, it } from 'vitest'
import { acrs, meetsAcr } from './acr.ts'

const { password, multiFactor } = acrs

describe('what an app asks for with acr_values', () => {
  it.each([
    [undefined, [], true],
    [undefined, ['phr'], true],
    [undefined, [password], false],
    [password, [password], true],
    [multiFactor, [password], true],
    [password, [multiFactor], false],
    [multiFactor, [multiFactor], true],
    [password, [multiFactor, password], true],
    [password, ['phr', multiFactor], false],
    ['phr', [password], false],
  ])('is met by %s of %j: %s', (acr, asked, met) => {
    expect(meetsAcr(acr, asked)).toBe(met)
  })
})
