import { describe, expect, it } from 'vitest'
import { defineFaults, Fault, kindsOf } from './fault.ts'

const shopFaults = defineFaults('shop', {
  closed: { status: 503, title: 'The shop is closed', remedy: 'Come back tomorrow.' },
  'sold-out': { status: 409, title: 'It is sold out', remedy: 'Order another.' },
})
const otherFaults = defineFaults('other', {
  closed: { status: 503, title: 'Closed', remedy: 'Wait.' },
})

describe('Fault', () => {
  it('has the code of its family and name, and the words of its definition', () => {
    expect(shopFaults['sold-out']()).toMatchObject({
      code: 'shop.sold-out',
      status: 409,
      title: 'It is sold out',
      remedy: 'Order another.',
      detail: undefined,
      place: undefined,
    })
  })

  it('keeps what is internal out of everything public', () => {
    const fault = shopFaults.closed({ detail: 'Closed on Sunday.', internal: 'the till is empty' })
    expect(fault.message).toBe('the till is empty')
    const { title, remedy, detail, code } = fault
    expect(JSON.stringify({ title, remedy, detail, code })).not.toContain('till')
  })

  it('takes the better remedy of one occurrence', () => {
    expect(shopFaults.closed({ remedy: 'Ring the bell.' }).remedy).toBe('Ring the bell.')
  })

  it('carries its cause and its place', () => {
    const cause = new Error('no power')
    const fault = shopFaults.closed({ cause, place: { file: 'shop.yaml', line: 3 } })
    expect(fault.cause).toBe(cause)
    expect(fault.place).toEqual({ file: 'shop.yaml', line: 3 })
    expect(shopFaults.closed()).not.toHaveProperty('cause')
  })

  it('is recognised by its own kind alone', () => {
    const fault: unknown = shopFaults.closed()
    expect(shopFaults.closed.is(fault)).toBe(true)
    expect(shopFaults['sold-out'].is(fault)).toBe(false)
    expect(otherFaults.closed.is(fault)).toBe(false)
    expect(shopFaults.closed.is({ code: 'shop.closed' })).toBe(false)
  })

  it('is an error with a stack, so that it can be thrown', () => {
    expect(shopFaults.closed()).toBeInstanceOf(Error)
    expect(shopFaults.closed()).toBeInstanceOf(Fault)
  })

  it('lists the kinds of a family in the order of declaration', () => {
    expect(kindsOf(shopFaults).map((kind) => kind.code)).toEqual(['shop.closed', 'shop.sold-out'])
  })
})
