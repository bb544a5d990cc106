import { signerContract } from './contract.ts'
import { openMemorySigner } from './memory.ts'

signerContract('memory', openMemorySigner)
