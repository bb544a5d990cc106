import { Worker } from 'node:worker_threads'
import type { JWK } from 'jose'
import { type Told, thrownBy } from '../thread/told-fault.ts'
import type { PackedRevision } from './packed-revision.ts'
import type { ReadRevision } from './read-revision.ts'

/** With this the thread begins. */
export interface ReaderSetup {
  readonly revisionKey: JWK
  readonly group: string
}

export interface ToReader {
  readonly id: number
  readonly jws: string
}

export interface FromReader {
  readonly id: number
  readonly read?: PackedRevision
  readonly failed?: Told
}

/** Reads revisions in a thread of its own, which is there only while it is wanted. */
export interface Reader {
  readonly read: ReadRevision
  close(): Promise<void>
}

export interface ReaderOptions extends ReaderSetup {
  /** Without anything to read for so long the thread ends, and its memory is free. */
  readonly lingerMillis?: number
}

const PROGRAM = new URL('./run-reader.ts', import.meta.url)
const LINGER_MILLIS = 10_000

/**
 * Signature, strict shape and all that comes of them take a thread some 60 ms for 1,000 operations: too long for one
 * that takes calls. Where the thread ends, what was being read is refused.
 */
export function openReader({ lingerMillis = LINGER_MILLIS, ...setup }: ReaderOptions): Reader {
  let thread: ReaderThread | undefined
  let linger: NodeJS.Timeout | undefined

  async function end(): Promise<void> {
    clearTimeout(linger)
    const ending = thread
    thread = undefined
    await ending?.end()
  }

  return {
    async read(jws) {
      clearTimeout(linger)
      thread = thread?.isOver() === false ? thread : startThread(setup)
      const present = thread
      try {
        return await present.read(jws)
      } finally {
        if (present === thread && present.isIdle()) {
          clearTimeout(linger)
          linger = setTimeout(end, lingerMillis).unref()
        }
      }
    },
    close: end,
  }
}

interface ReaderThread {
  readonly read: ReadRevision
  isIdle(): boolean
  isOver(): boolean
  end(): Promise<unknown>
}

function startThread(workerData: ReaderSetup): ReaderThread {
  const waiting = new Map<number, PromiseWithResolvers<PackedRevision>>()
  const worker = new Worker(PROGRAM, { workerData, name: 'revision-reader' })
  let last = 0
  let cause: unknown
  let isOver = false
  worker.on('message', ({ id, read, failed }: FromReader) => {
    const asked = waiting.get(id)
    waiting.delete(id)
    if (read !== undefined) asked?.resolve(read)
    else if (failed !== undefined) asked?.reject(thrownBy(failed))
  })
  worker.on('error', (thrown) => {
    cause = thrown
  })
  worker.once('exit', (code) => {
    isOver = true
    const error = new Error(`the thread that reads revisions ended with code ${code}`, { cause })
    for (const { reject } of waiting.values()) reject(error)
  })
  return {
    read(jws) {
      const asked = Promise.withResolvers<PackedRevision>()
      waiting.set(++last, asked)
      worker.postMessage({ id: last, jws } satisfies ToReader)
      return asked.promise
    },
    isIdle: () => waiting.size === 0,
    isOver: () => isOver,
    end: () => worker.terminate(),
  }
}
