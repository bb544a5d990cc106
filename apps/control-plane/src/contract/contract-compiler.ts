import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ContractFiles } from '@portcullis/model/collection'
import { findingOf } from '@portcullis/model/finding/finding'
import type { CompiledContract } from './compile-contract.ts'
import { contractFaults } from './contract-fault.ts'

export interface CompilerLimits {
  /** For one contract, the start of the process included. */
  readonly timeoutMillis: number
  readonly memoryMegabytes: number
}

export const compilerLimits: CompilerLimits = { timeoutMillis: 30_000, memoryMegabytes: 1024 }

export interface ContractCompiler {
  /**
   * Compiles a contract in a process of its own, one after the other in the order of the calls. A contract that takes
   * too long or too much memory ends that process, and is answered with a finding; the next one gets a new one. A thread
   * would not do: one that reaches the end of its memory can take the whole process with it.
   * Rejects only after `close`.
   */
  compile(files: ContractFiles): Promise<CompiledContract>
  /** Ends the process. What is being compiled is rejected. */
  close(): Promise<void>
}

/** Starts no process before the first contract; an idle one does not keep this one alive. */
export function openContractCompiler(limits: CompilerLimits = compilerLimits): ContractCompiler {
  let worker: ChildProcess | undefined
  let last: Promise<unknown> = Promise.resolve()
  let isClosed = false

  const compileNow = async (files: ContractFiles): Promise<CompiledContract> => {
    if (isClosed) throw new Error('the contract compiler is closed')
    worker ??= startWorker(limits)
    const answer = await ask(worker, files, limits.timeoutMillis)
    if ('compiled' in answer) return answer.compiled
    const ended = worker
    worker = undefined
    await end(ended)
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
      if (worker !== undefined) await end(worker)
      await last
    },
  }
}

function startWorker({ memoryMegabytes }: CompilerLimits): ChildProcess {
  const worker = fork(fileURLToPath(new URL('./contract-worker.ts', import.meta.url)), [], {
    // Neither the environment nor the output of the process are any business of a contract.
    env: {},
    execArgv: [`--max-old-space-size=${memoryMegabytes}`, '--max-semi-space-size=16'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
  })
  idle(worker)
  return worker
}

function idle(worker: ChildProcess): void {
  worker.unref()
  worker.channel?.unref()
}

async function end(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return
  const ended = once(worker, 'exit')
  worker.ref()
  worker.kill('SIGKILL')
  await ended
}

type Answer = { readonly compiled: CompiledContract } | { readonly failure: string }

/** Resolves with the answer, or with why there will be none; never rejects. */
function ask(worker: ChildProcess, files: ContractFiles, timeoutMillis: number): Promise<Answer> {
  return new Promise((resolve) => {
    const settle = (answer: Answer): void => {
      clearTimeout(timer)
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      // An error may follow the timeout: without a listener it would end this process.
      worker.on('error', ignoreLate)
      idle(worker)
      resolve(answer)
    }
    const onMessage = (compiled: unknown): void => settle({ compiled: compiled as CompiledContract })
    const onError = (): void => settle({ failure: 'its process could not be reached' })
    const onExit = (_: number | null, signal: NodeJS.Signals | null): void =>
      settle({ failure: signal === OUT_OF_MEMORY ? 'it took too much memory' : 'its process ended' })
    const timer = setTimeout(
      () => settle({ failure: `it took more than ${timeoutMillis} ms` }),
      timeoutMillis,
    )
    worker.off('error', ignoreLate)
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
    worker.ref()
    worker.channel?.ref()
    worker.send(files, (error) => error === null || onError())
  })
}

/** By which V8 ends a process whose heap is full. */
const OUT_OF_MEMORY: NodeJS.Signals = 'SIGABRT'

function ignoreLate(): void {
  // The worker is being ended, and its contract was answered.
}

function refusal({ root }: ContractFiles, failure: string): CompiledContract['findings'][number] {
  const detail = `The contract was not compiled: ${failure}.`
  return findingOf(
    contractFaults.uncompilable({ detail, place: { file: root, line: 1, column: 1, path: '' } }),
  )
}
