import { generationsContract } from '@portcullis/ports/generations/contract'
import { expect, test } from 'vitest'
import { attachSharedGenerations, openSharedGenerations } from './shared-generations.ts'

generationsContract('shared memory', () => {
  const generations = openSharedGenerations()
  return { generations, other: attachSharedGenerations(generations.handle()) }
})

test('generations of two processes have nothing in common', () => {
  const [one, other] = [openSharedGenerations(), openSharedGenerations()]
  one.bump('/a')
  expect(other.of('/a')).toBe(0)
})
