import { parentPort } from 'node:worker_threads'
import type { ContractFiles } from '@portcullis/model/collection'
import { compileContract } from './compile-contract.ts'

// One request at a time: the compiler waits for the answer before it sends the next.
parentPort?.on('message', (files: ContractFiles) => parentPort?.postMessage(compileContract(files)))
