import { breachesContract } from './contract.ts'
import { openMemoryBreaches } from './memory.ts'

breachesContract('memory', () => openMemoryBreaches('password123456789'))
