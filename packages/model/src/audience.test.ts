import { describe, expect, it } from 'vitest'
import { audienceOf } from './audience.ts'

describe('audienceOf', () => {
  it('joins the URL of the environment and the base path with one slash', () => {
    expect(audienceOf('https://api.example', '/warehouse/v1')).toBe('https://api.example/warehouse/v1')
    expect(audienceOf('https://api.example/', '/warehouse/v1')).toBe('https://api.example/warehouse/v1')
    expect(audienceOf('https://api.example/eu//', '/v1')).toBe('https://api.example/eu/v1')
  })

  it('keeps two API versions and two environments apart', () => {
    const audiences = ['https://a.example', 'https://b.example'].flatMap((url) =>
      ['/warehouse/v1', '/warehouse/v2'].map((path) => audienceOf(url, path)),
    )
    expect(new Set(audiences).size).toBe(4)
  })
})
