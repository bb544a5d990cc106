import type { ContractFiles } from '@portcullis/model/collection'
import { compileContract } from './compile-contract.ts'

// One request at a time: the compiler waits for the answer before it sends the next. The process ends with whoever
// started it, and where a compilation throws.
process.on('message', (files: ContractFiles) => process.send?.(compileContract(files)))
