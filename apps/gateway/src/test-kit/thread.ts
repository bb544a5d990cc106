import { z } from '@portcullis/kernel/schema'
import { anyPolicy, type Policy } from '@portcullis/policy-kit/policy'
import { proceed } from '@portcullis/policy-kit/verdict'
import { openMemoryApiKeys } from '@portcullis/ports/api-keys/memory'
import type { LogFields } from '@portcullis/ports/log/port'
import { openMemoryRevocations } from '@portcullis/ports/revocations/memory'
import type { ThreadParts } from '../thread/thread-parts.ts'
import { testClock, testPorts } from './front.ts'
import { testCatalog } from './policy.ts'

/** The module that threads load in tests of the gateway. */

export interface ThreadData {
  /** How many threads have bound the policy `picky`, in memory that they share. */
  readonly bound: Int32Array
}

const none = z.strictObject({})
const contract = {
  summary: 'For a test alone',
  phase: 'connection',
  stacking: 'nearest',
  config: none,
  faults: {},
  body: { need: 'none' },
  mayFailOpen: false,
} as const

/** Ends the thread that a call came to, as a bug would that nobody caught. */
const crash: Policy<z.infer<typeof none>> = {
  contract: { ...contract, id: 'crash' },
  needs: [],
  bind: () => ({
    onRequest(x) {
      if (x.request.headers.has('crash')) {
        setImmediate(() => {
          throw new Error('a bug that nobody caught')
        })
      }
      return proceed()
    },
  }),
}

/** Catches the thread that a call came to in a loop, as a bug would. */
const hang: Policy<z.infer<typeof none>> = {
  contract: { ...contract, id: 'hang' },
  needs: [],
  bind: () => ({
    onRequest(x) {
      while (x.request.headers.has('hang')) performance.now()
      return proceed()
    },
  }),
}

/** Can be bound once and no more: one thread takes the revision, the next can't. */
const picky = ({ bound }: ThreadData): Policy<z.infer<typeof none>> => ({
  contract: { ...contract, id: 'picky' },
  needs: [],
  bind() {
    if (Atomics.add(bound, 0, 1) > 0) throw new Error('bound already')
    return { onRequest: () => proceed() }
  },
})

export function openThread(data: unknown): ThreadParts {
  return {
    ports: { ...testPorts, revocations: openMemoryRevocations(testClock), apiKeys: openMemoryApiKeys() },
    catalog: [...testCatalog, anyPolicy(crash), anyPolicy(hang), anyPolicy(picky(data as ThreadData))],
    plain: (fields: LogFields) => JSON.parse(JSON.stringify(fields)),
  }
}
