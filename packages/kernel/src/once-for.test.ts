import { expect, it } from 'vitest'
import { onceFor } from './once-for.ts'

it('is made once of every object, also where it is nothing, and anew of an equal one', () => {
  let made = 0
  const count = onceFor<{ name: string }, number>(() => ++made)
  const ada = { name: 'ada' }
  expect([count(ada), count(ada), count({ name: 'ada' })]).toEqual([1, 1, 2])
  let asked = 0
  const nothing = onceFor<object, undefined>(() => void asked++)
  expect([nothing(ada), nothing(ada), asked]).toEqual([undefined, undefined, 1])
  const failing = onceFor<object, never>(() => {
    throw new Error(`failed ${++asked} times`)
  })
  expect(() => failing(ada)).toThrow('failed 2 times')
  expect(() => failing(ada)).toThrow('failed 3 times')
})
