import { secretsContract } from './contract.ts'
import { openMemorySecrets } from './memory.ts'

secretsContract('memory', openMemorySecrets)
