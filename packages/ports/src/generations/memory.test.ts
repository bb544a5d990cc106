import { generationsContract } from './contract.ts'
import { openMemoryGenerations } from './memory.ts'

generationsContract('memory', () => {
  const generations = openMemoryGenerations()
  return { generations, other: generations }
})
