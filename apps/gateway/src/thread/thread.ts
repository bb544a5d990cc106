import { Worker } from 'node:worker_threads'
import type { PackedBatch } from '@portcullis/model/decision/decision-batch'
import type { Log } from '@portcullis/ports/log/port'
import { openGivenTokens } from './given-tokens.ts'
import { newPulse, watchPulse } from './heartbeat.ts'
import type { FromThread, Order, Report, ThreadSetup, ToThread } from './message.ts'
import type { SharedPorts } from './thread-parts.ts'
import { tell, thrownBy } from './told-fault.ts'

export interface ThreadOptions {
  readonly setup: Omit<ThreadSetup, 'pulse'>
  /** Of the main thread, for all threads. */
  readonly shared: SharedPorts
  /** Takes the decision records of the thread as they come. */
  readonly hand: (batch: PackedBatch) => void
  readonly log: Log
  /** Counted from 1. */
  readonly number: number
  /** Told of decision records that were lost in the thread. */
  readonly onDropped: (decisions: number) => void
  /** Without a sign of life for so long it is ended. */
  readonly hungAfterMillis: number
}

/** A thread that takes calls, as the main thread sees it. */
export interface Thread {
  readonly number: number
  /** Resolves when it takes orders, rejects when it does not come so far. */
  readonly begun: Promise<void>
  /** Resolves to its answer; rejects with what it says against the order, or with `ThreadEnded`. */
  tell(order: Order): Promise<unknown>
  /** Resolves when it has ended, to why. */
  readonly ended: Promise<ThreadEnded>
  end(): Promise<void>
}

export class ThreadEnded extends Error {
  override readonly name = 'ThreadEnded'
}

const PROGRAM = new URL('./run-thread.ts', import.meta.url)

export function startThread(options: ThreadOptions): Thread {
  const { setup, shared, hand, log, number, onDropped, hungAfterMillis } = options
  const pulse = newPulse()
  const workerData: ThreadSetup = { ...setup, pulse }
  const worker = new Worker(PROGRAM, { workerData, name: `gateway-${number}` })
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  const begun = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<ThreadEnded>()
  let last = 0
  let cause: unknown
  let isOver: ThreadEnded | undefined
  let unwatch: (() => void) | undefined
  // Whoever waits for it also hears of its end; nobody has to.
  begun.promise.catch(() => undefined)

  const say = (message: ToThread): void => worker.postMessage(message)

  const givenTokens = openGivenTokens(shared.tokens, say)

  function hear(message: FromThread): void {
    switch (message.kind) {
      case 'begun':
        unwatch = watchPulse(pulse, hungAfterMillis, endHung)
        begun.resolve()
        return
      case 'done':
        take(message.id)?.resolve(message.value)
        return
      case 'failed':
        take(message.id)?.reject(thrownBy(message.failed))
        return
      case 'report':
        takeReport(message)
        say({ kind: 'taken' })
        return
      case 'find-key':
        answerKey(message)
        return
      case 'get-token':
      case 'fetched-token':
      case 'drop-token':
        givenTokens.hear(message)
    }
  }

  function endHung(): void {
    cause = new Error(`it gave no sign of life for ${hungAfterMillis} ms`)
    void worker.terminate()
  }

  function take(id: number): PromiseWithResolvers<unknown> | undefined {
    const found = waiting.get(id)
    waiting.delete(id)
    return found
  }

  function takeReport({ decisions, lines, dropped }: Report): void {
    if (decisions !== undefined) hand(decisions)
    for (const { level, message, fields } of lines) log[level](message, fields)
    onDropped(dropped.decisions)
    if (dropped.decisions + dropped.lines > 0) {
      log.error('a thread of the gateway had more to tell than it could keep', { thread: number, dropped })
    }
  }

  function answerKey({ id, jwksUri, kid }: Extract<FromThread, { kind: 'find-key' }>): void {
    Promise.resolve()
      .then(() => shared.keys.find(jwksUri, kid))
      .then((found) => say({ kind: 'key', id, found }))
      .catch((thrown: unknown) => say({ kind: 'key', id, failed: tell(thrown) }))
  }

  worker.on('message', hear)
  worker.on('error', (thrown) => {
    cause = thrown
  })
  worker.on('messageerror', (thrown) => {
    cause = thrown
    void worker.terminate()
  })
  worker.once('exit', (code) => {
    unwatch?.()
    const why = cause instanceof Error ? cause.message : `exit code ${code}`
    isOver = new ThreadEnded(`thread ${number} of the gateway ended: ${why}`, { cause })
    begun.reject(isOver)
    givenTokens.end(isOver)
    for (const { reject } of waiting.values()) reject(isOver)
    waiting.clear()
    ended.resolve(isOver)
  })

  return {
    number,
    begun: begun.promise,
    ended: ended.promise,
    tell(order) {
      if (isOver !== undefined) return Promise.reject(isOver)
      const answer = Promise.withResolvers<unknown>()
      waiting.set(++last, answer)
      say({ kind: 'order', id: last, ...order })
      return answer.promise
    },
    async end() {
      await worker.terminate()
    },
  }
}
