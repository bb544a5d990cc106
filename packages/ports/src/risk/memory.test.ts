import { riskContract } from './contract.ts'
import { openMemoryRisk } from './memory.ts'

riskContract('memory', (value) => openMemoryRisk(() => value))
