import { describe, expect, it } from 'vitest'
import { meant, nearest } from './nearest.ts'

describe('nearest', () => {
  it.each([
    ['a letter that is missing', 'stat', ['title', 'state'], 'state'],
    ['a letter too many', 'headerss', ['header', 'headers'], 'headers'],
    ['another letter', 'aplly', ['apply', 'plan'], 'apply'],
    ['two that changed places', 'gatwayePort', ['gatewayPort', 'gatewayPlainPort'], 'gatewayPort'],
    [
      'other signs between the words',
      'client-credentials',
      ['client_credentials', 'password'],
      'client_credentials',
    ],
    ['capitals', 'api', ['Api', 'App'], 'Api'],
    ['the nearest of several', 'limits', ['limit', 'lists'], 'limit'],
  ])('finds what was meant: %s', (_, word, known, found) => {
    expect(nearest(word, known)).toBe(found)
  })

  it.each([
    ['another word', 'banana', ['state', 'title']],
    ['a short one of which half is different', 'ab', ['cd']],
    ['the word itself', 'state', ['state']],
    ['nothing', '', ['a']],
  ])('guesses nothing from %s', (_, word, known) => {
    expect(nearest(word, known)).toBeUndefined()
  })

  it('compares no long texts', () => {
    expect(nearest('a'.repeat(65), ['a'.repeat(64)])).toBeUndefined()
    expect(nearest('a'.repeat(64), ['a'.repeat(65)])).toBeUndefined()
  })
})

describe('meant', () => {
  it('asks after a sentence, or says nothing', () => {
    expect(meant('stat', ['state'])).toBe(' Did you mean "state"?')
    expect(meant('banana', ['state'])).toBe('')
  })
})
