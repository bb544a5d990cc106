import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Sample, sample } from '@portcullis/kernel/metric'
import type { PackedBatch } from '@portcullis/model/decision/decision-batch'
import { type News, type Topic, withNews } from '@portcullis/model/news/news'
import { revisionName } from '@portcullis/model/revision'
import type { Log } from '@portcullis/ports/log/port'
import type { Front, FrontLimits, ThreadState } from '../front.ts'
import type { Address } from '../listener/listener.ts'
import { openThreadSamples } from '../metric/thread-samples.ts'
import type { PackedRevision } from '../reader/packed-revision.ts'
import { startThread, type Thread, ThreadEnded } from './thread.ts'
import type { SharedPorts } from './thread-parts.ts'

export interface ThreadsOptions {
  readonly count: number
  /** URL of a module that exports an `openThread` (see `thread-parts.ts`). */
  readonly module: string
  /** Handed to that module in every thread; must be cloneable. */
  readonly data: unknown
  /** Of this thread, for all. */
  readonly shared: SharedPorts
  /** Takes decision records as they come. */
  readonly hand: (batch: PackedBatch) => void
  readonly log: Log
  readonly limits: FrontLimits
  readonly strictTransportSecurity?: string | undefined
  /** A thread without a sign of life for so long is replaced. */
  readonly hungAfterMillis: number
}

/** The pause before a thread is replaced whose predecessor did not live for `STEADY_MILLIS` either; doubled each time. */
const FIRST_PAUSE_MILLIS = 250
const MAX_PAUSE_MILLIS = 15_000
const STEADY_MILLIS = 30_000
/** What a thread may take, beyond the time to drain, to do what it is told at the end. */
const CLOSE_MILLIS = 5_000
/** How long is waited for what threads measure. */
const MEASURE_MILLIS = 1_000
/** Threads are measured so often without being asked: no more than that is lost with one that ends. */
const MEASURE_EVERY_MILLIS = 5_000

/**
 * Spreads a front over threads that share one address. A revision comes into force only when every thread has loaded it.
 * A thread that ends loses its own connections; another takes its place, with the live revisions, before it listens.
 * Rejects when a thread can't be started.
 */
export async function openThreads(options: ThreadsOptions): Promise<Front> {
  const { count, module, data, limits, strictTransportSecurity, log, shared, hand, hungAfterMillis } = options
  const setup = { module, data, limits, strictTransportSecurity }
  const threads = new Map<number, Thread>()
  const closing = new AbortController()
  const replacing = new Set<Promise<void>>()
  const inTurn = openTurns()
  /** How often the thread of a number ended soon after its beginning, one time after the other. */
  const failures = new Map<number, number>()
  const samples = openThreadSamples()
  let replacements = 0
  let dropped = 0
  const onDropped = (decisions: number): void => {
    dropped += decisions
  }
  let live: readonly PackedRevision[] = []
  /** Loaded by all, and not yet in force. */
  let coming: readonly PackedRevision[] = []
  let address: Address | undefined
  /** All that was told so far, for threads that come. */
  const known = new Map<Topic, News>()

  // Starting and replacing.

  async function start(number: number): Promise<void> {
    const thread = startThread({ setup, shared, hand, log, number, onDropped, hungAfterMillis })
    try {
      await thread.begun
      await inTurn(() => join(thread))
    } catch (thrown) {
      await thread.end()
      throw thrown
    }
    const began = performance.now()
    void thread.ended.then((end) => {
      if (performance.now() - began >= STEADY_MILLIS) failures.delete(number)
      replaceLater(number, end)
    })
  }

  /** Brings a new thread to where the others are, and only then lets it take calls. */
  async function join(thread: Thread): Promise<void> {
    closing.signal.throwIfAborted()
    for (const revision of [...live, ...coming]) await thread.tell({ order: 'load', revision })
    await thread.tell({ order: 'swap', names: live.map(revisionName) })
    for (const news of known.values()) await thread.tell({ order: 'learn', news })
    if (address !== undefined) await thread.tell({ order: 'listen', address })
    threads.set(thread.number, thread)
  }

  function replaceLater(number: number, end: ThreadEnded): void {
    threads.delete(number)
    samples.ended(number)
    replacements++
    if (closing.signal.aborted) return
    log.error('a thread of the gateway ended and is replaced; its connections are lost', {
      thread: number,
      cause: end,
    })
    const replaced = replace(number).finally(() => replacing.delete(replaced))
    replacing.add(replaced)
  }

  async function replace(number: number): Promise<void> {
    while (!closing.signal.aborted) {
      await pause(number)
      if (closing.signal.aborted) return
      try {
        await start(number)
        log.info('a thread of the gateway was replaced', { thread: number })
        return
      } catch (cause) {
        if (closing.signal.aborted) return
        log.error('a thread of the gateway does not start', { thread: number, cause })
      }
    }
  }

  /** At first there is none; then it grows with every thread that did not live long. */
  async function pause(number: number): Promise<void> {
    const before = failures.get(number) ?? 0
    failures.set(number, before + 1)
    const millis = before === 0 ? 0 : Math.min(MAX_PAUSE_MILLIS, FIRST_PAUSE_MILLIS * 2 ** (before - 1))
    // Rejects only when closing ends the pause early.
    await sleep(millis, undefined, { signal: closing.signal }).catch(() => undefined)
  }

  // Orders for all.

  /** The answers of the threads that are there. One that ends meanwhile is no matter: its successor learns it all anew. */
  async function tellAll(order: Parameters<Thread['tell']>[0]): Promise<readonly [Thread, unknown][]> {
    const told = [...threads.values()]
    const answers = await Promise.allSettled(told.map((thread) => thread.tell(order)))
    const refused = answers.find(
      (each) => each.status === 'rejected' && !(each.reason instanceof ThreadEnded),
    )
    if (refused?.status === 'rejected') throw refused.reason
    return answers.flatMap((each, i) =>
      each.status === 'fulfilled' ? [[told[i] as Thread, each.value] as [Thread, unknown]] : [],
    )
  }

  /** A thread that does not answer has its last word. */
  async function measureAll(): Promise<void> {
    const told = [...threads.values()].map(async (thread) => {
      const answer = await thread.tell({ order: 'measure', thread: thread.number })
      if (threads.get(thread.number) === thread) samples.told(thread.number, answer as readonly Sample[])
    })
    // Who has ended is replaced, and the rest has been told.
    await Promise.allSettled(told)
  }

  async function listen(where: Address): Promise<number> {
    await checkFree(where)
    let shared = { ...where, reusePort: true }
    for (const thread of threads.values()) {
      const port = Number(await thread.tell({ order: 'listen', address: shared }))
      shared = { ...shared, port }
    }
    address = shared
    return shared.port
  }

  const front: Front = {
    load: (revision) =>
      inTurn(async () => {
        await tellAll({ order: 'load', revision })
        coming = [...coming.filter((each) => !isSameEnvironment(each, revision)), revision]
      }),
    swap: (names) =>
      inTurn(async () => {
        await tellAll({ order: 'swap', names })
        const loaded = new Map([...live, ...coming].map((each) => [revisionName(each), each]))
        live = names.flatMap((name) => loaded.get(name) ?? [])
        coming = []
      }),
    learn: (news) =>
      inTurn(async () => {
        const before = known.get(news.topic)
        // First for those that come, as with certificates.
        known.set(news.topic, before === undefined ? news : (withNews(before, news, Date.now()) as News))
        await tellAll({ order: 'learn', news })
      }),
    listen: (where) => inTurn(() => listen(where)),
    replaceCertificates: (tls) =>
      inTurn(async () => {
        // First for those that come: a thread that ends meanwhile is replaced by one with the new.
        if (address !== undefined) address = { ...address, tls }
        await tellAll({ order: 'replace-certificates', tls })
      }),
    live: () => live.map(revisionName),
    async threads() {
      const answers = await tellAll({ order: 'count' })
      return answers
        .map(([{ number }, value]) => ({ ...(value as ThreadState[])[0], thread: number }) as ThreadState)
        .toSorted((a, b) => a.thread - b.thread)
    },
    async measure() {
      await within(MEASURE_MILLIS, measureAll())
      return [
        ...samples.all(),
        sample('portcullis_threads', 'gauge', [], threads.size),
        sample('portcullis_thread_replacements', 'counter', [], replacements),
        sample('portcullis_decisions_dropped', 'counter', ['where', 'thread'], dropped),
      ]
    },
    async drain(millis) {
      closing.abort()
      await within(millis + CLOSE_MILLIS, tellAll({ order: 'drain', millis }))
    },
    async close() {
      closing.abort()
      clearInterval(measuring)
      await within(CLOSE_MILLIS, tellAll({ order: 'close' }))
      await Promise.all([...threads.values()].map((thread) => thread.end()))
      await Promise.all(replacing)
    },
  }

  const measuring = setInterval(() => void measureAll(), MEASURE_EVERY_MILLIS).unref()
  try {
    await Promise.all(Array.from({ length: count }, (_, i) => start(i + 1)))
  } catch (thrown) {
    await front.close()
    throw thrown
  }
  return front
}

function isSameEnvironment(a: PackedRevision, b: PackedRevision): boolean {
  return a.organization === b.organization && a.environment === b.environment
}

/** Who shares a port shares it with everybody of the same user who says so, also by mistake: so it must be free first. */
async function checkFree({ host, port }: Address): Promise<void> {
  if (port === 0) return
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, resolve)
  })
  await new Promise((resolve) => server.close(resolve))
}

/** One after the other, in the order of asking; a failure is told to who asked and stops nobody. */
function openTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const turn = last.then(work)
    last = turn.catch(() => undefined)
    return turn
  }
}

/** Waits for an end, at most so long, whatever it is. */
async function within(millis: number, work: Promise<unknown>): Promise<void> {
  const limit = new AbortController()
  const late = sleep(millis, undefined, { signal: limit.signal }).catch(() => undefined)
  await Promise.race([work, late]).finally(() => limit.abort())
}
