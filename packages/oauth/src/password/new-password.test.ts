import { Secret } from '@portcullis/kernel/secret'
import { openMemoryBreaches } from '@portcullis/ports/breaches/memory'
import { breachesFaults } from '@portcullis/ports/breaches/port'
import { describe, expect, it } from 'vitest'
import { demandGoodPassword, type PasswordOwner } from './new-password.ts'

const breaches = openMemoryBreaches('everybody knows this one')
const ada: PasswordOwner = {
  organization: 'hmart',
  user: 'ada-lovelace',
  words: ['Ada Lovelace', 'countess@analytical.example', 'HMart Warehouses', undefined],
  secondFactor: false,
}
const codeOf = async (password: string, owner = ada): Promise<string | undefined> => {
  try {
    await demandGoodPassword(breaches, new Secret(password), owner)
    return undefined
  } catch (thrown) {
    return (thrown as { code?: string }).code
  }
}

describe('a new password', () => {
  it.each([
    'correct horse battery staple',
    'alllowercaseletterswithoutanydigit',
    'une phrase plutôt longue',
    '    spaces all around    ',
    'ada likes computing engines',
    'x'.repeat(1024),
  ])('needs length and nothing else: %s', async (password) => {
    expect(await codeOf(password)).toBeUndefined()
  })

  it('has fifteen characters, or eight where a second factor is always asked for', async () => {
    expect(await codeOf('fourteen chars')).toBe('password.too-short')
    expect(await codeOf('fifteen chars !')).toBeUndefined()
    expect(await codeOf('eight ch', { ...ada, secondFactor: true })).toBeUndefined()
    expect(await codeOf('seven c', { ...ada, secondFactor: true })).toBe('password.too-short')
  })

  it('is counted as people count', async () => {
    expect(await codeOf('👩🏽‍🚀'.repeat(14))).toBe('password.too-short')
    expect(await codeOf('e\u0301'.repeat(14))).toBe('password.too-short')
  })

  it('is not longer than what is hashed', async () => {
    expect(await codeOf('x'.repeat(1025))).toBe('password.too-long')
    expect(await codeOf('ü'.repeat(513))).toBe('password.too-long')
  })

  it.each(['everybody knows this one'])('is none that others lost: %s', async (password) => {
    expect(await codeOf(password)).toBe('password.known')
  })

  it.each([
    'ada-lovelace-2026',
    'LovelaceLovelace!',
    'hmart warehouses 1',
    'countess1234567890',
    'analytical.example',
  ])('is not made of what is known of its owner: %s', async (password) => {
    expect(await codeOf(password)).toBe('password.personal')
  })

  it('is not taken while nobody can say whether others know it', async () => {
    const away = { know: () => Promise.reject(breachesFaults.unavailable()) }
    const asked = demandGoodPassword(away, new Secret('correct horse battery staple'), ada)
    await expect(asked).rejects.toSatisfy(breachesFaults.unavailable.is)
  })
})
