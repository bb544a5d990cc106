import { describe, expect, test } from 'vitest'
import { testExchange } from './test-kit.ts'

const plain = (setHeaders: string[], removeHeaders: string[] = []) => ({ setHeaders, removeHeaders })

describe('an exchange', () => {
  test('sends the caller’s fields, less those removed, with those set', () => {
    const x = testExchange({ headers: { 'X-Keep': '1', 'X-Drop': '2', 'X-Set': 'forged' } })
    x.apply(plain(['X-Set', 'true'], ['x-drop']))
    expect(x.outgoingHeaders().flat()).toEqual(['X-Keep', '1', 'X-Set', 'true'])
  })

  test('leaves the caller’s own fields as they are', () => {
    const x = testExchange({ headers: { 'X-Drop': '2' } })
    x.apply(plain(['A', 'b'], ['x-drop']))
    x.outgoingHeaders()
    expect(x.request.headers.flat()).toEqual(['X-Drop', '2'])
  })

  test('sends what the last step set', () => {
    const x = testExchange()
    x.apply(plain(['A', '1']))
    x.apply(plain(['a', '2']))
    expect(x.outgoingHeaders().all('a')).toEqual(['2'])
  })

  test('takes back what an earlier step set when a later one removes it', () => {
    const x = testExchange()
    x.apply(plain(['Subject', 'alice', 'Other', '1']))
    x.apply(plain([], ['subject']))
    expect(x.outgoingHeaders().flat()).toEqual(['Other', '1'])
  })

  test('sends what one step both removes and sets', () => {
    const x = testExchange({ headers: { A: 'forged' } })
    x.apply(plain(['A', 'true'], ['a']))
    expect(x.outgoingHeaders().flat()).toEqual(['A', 'true'])
  })

  test('sends the body that a step put in the place of the caller’s, and shows it to later steps', () => {
    const x = testExchange({ body: Buffer.from('before') })
    const body = Buffer.from('after')
    x.apply({ body })
    expect([x.body, x.outgoingBody()]).toEqual([body, body])
  })

  test('keeps principal and subscriber until a step names others', () => {
    const x = testExchange()
    const subscriber = { subscription: 's', product: 'p', plan: 'gold' }
    x.apply({ subscriber })
    x.apply({})
    expect(x.subscriber).toBe(subscriber)
    expect(x.principal).toBeUndefined()
  })
})
