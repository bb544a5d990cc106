import { Worker } from 'node:worker_threads'
import type { ContractFiles } from '@portcullis/model/collection'
import { findingOf } from '@portcullis/model/finding/finding'
import type { CompiledContract } from './compile-contract.ts'
import { contractFaults } from './contract-fault.ts'

export interface CompilerLimits {
  /** For one contract, the start of the thread included. */
  readonly timeoutMillis: number
  readonly memoryMegabytes: number
}

export const compilerLimits: CompilerLimits = { timeoutMillis: 30_000, memoryMegabytes: 1024 }

export interface ContractCompiler {
  /**
   * Compiles a contract in a thread of its own, one after the other in the order of the calls. A contract that takes
   * too long or too much memory ends the thread, and is answered with a finding; the next one gets a new thread.
   * Rejects only after `close`.
   */
  compile(files: ContractFiles): Promise<CompiledContract>
  /** Ends the thread. What is being compiled is rejected. */
  close(): Promise<void>
}

/** Starts no thread before the first contract; an idle one does not keep the process alive. */
export function openContractCompiler(limits: CompilerLimits = compilerLimits): ContractCompiler {
  let worker: Worker | undefined
  let last: Promise<unknown> = Promise.resolve()
  let isClosed = false

  const compileNow = async (files: ContractFiles): Promise<CompiledContract> => {
    if (isClosed) throw new Error('the contract compiler is closed')
    worker ??= startWorker(limits)
    const answer = await ask(worker, files, limits.timeoutMillis)
    if ('compiled' in answer) return answer.compiled
    const ended = worker
    worker = undefined
    await ended.terminate()
    if (isClosed) throw new Error('the contract compiler was closed')
    return { findings: [refusal(files, answer.failure)] }
  }

  return {
    compile(files) {
      const result = last.then(() => compileNow(files))
      last = result.catch(() => undefined)
      return result
    },
    async close() {
      isClosed = true
      await worker?.terminate()
      await last
    },
  }
}

function startWorker({ memoryMegabytes }: CompilerLimits): Worker {
  const worker = new Worker(new URL('./contract-worker.ts', import.meta.url), {
    // Neither the environment nor the arguments of the process are any business of a contract.
    env: {},
    argv: [],
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: memoryMegabytes, maxYoungGenerationSizeMb: 64, stackSizeMb: 4 },
  })
  worker.unref()
  return worker
}

type Answer = { readonly compiled: CompiledContract } | { readonly failure: string }

/** Resolves with the answer, or with why there will be none; never rejects. */
function ask(worker: Worker, files: ContractFiles, timeoutMillis: number): Promise<Answer> {
  return new Promise((resolve) => {
    const settle = (answer: Answer): void => {
      clearTimeout(timer)
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      // An error may follow the timeout: without a listener it would end the process.
      worker.on('error', ignoreLate)
      worker.unref()
      resolve(answer)
    }
    const onMessage = (compiled: CompiledContract): void => settle({ compiled })
    const onError = (error: unknown): void => settle({ failure: describe(error) })
    const onExit = (): void => settle({ failure: 'its thread ended' })
    const timer = setTimeout(
      () => settle({ failure: `it took more than ${timeoutMillis} ms` }),
      timeoutMillis,
    )
    worker.off('error', ignoreLate)
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
    worker.ref()
    worker.postMessage(files)
  })
}

function ignoreLate(): void {
  // The worker is being terminated, and its contract was answered.
}

function describe(error: unknown): string {
  const isMemory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
  return isMemory ? 'it took too much memory' : 'its compilation failed'
}

function refusal({ root }: ContractFiles, failure: string): CompiledContract['findings'][number] {
  const detail = `The contract was not compiled: ${failure}.`
  return findingOf(
    contractFaults.uncompilable({ detail, place: { file: root, line: 1, column: 1, path: '' } }),
  )
}
