import { assertionsContract } from './contract.ts'
import { openMemoryAssertions } from './memory.ts'

assertionsContract('memory', () => {
  const { assertions, issue } = openMemoryAssertions()
  return { assertions, issue, response: issue, certificates: [] }
})
