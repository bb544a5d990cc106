import { apiKeysContract } from './contract.ts'
import { openMemoryApiKeys } from './memory.ts'

apiKeysContract('memory', () => {
  const apiKeys = openMemoryApiKeys()
  return { apiKeys, tell: (each, upTo) => apiKeys.add(each, upTo) }
})
