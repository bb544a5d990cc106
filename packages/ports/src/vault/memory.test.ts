import { vaultContract } from './contract.ts'
import { openMemoryVault } from './memory.ts'

vaultContract('memory', openMemoryVault)
