import type { RevisionNotice } from '@portcullis/api-client/route/bundle'
import { SYSTEM } from '@portcullis/model/collection'
import type { Topic } from '@portcullis/model/news/news'
import type { Context } from 'hono'
import { type SSEStreamingApi, streamSSE } from 'hono/streaming'
import type { ControlPlane } from '../control-plane.ts'
import { managementFaults } from './fault.ts'

/** More gateways than one control plane serves. */
const MAX_STREAMS = 512
export const HEARTBEAT_MILLIS = 15_000

/** Who is listened to. */
export type Tells = Pick<ControlPlane, 'onRevision' | 'onNews'>

/** Tells gateways of new revisions, revocations and API keys while they listen. */
export class EventStreams {
  readonly #controlPlane: Tells
  readonly #maxStreams: number
  readonly #heartbeatMillis: number
  readonly #open = new Set<Listener>()

  constructor(controlPlane: Tells, { maxStreams = MAX_STREAMS, heartbeatMillis = HEARTBEAT_MILLIS } = {}) {
    this.#controlPlane = controlPlane
    this.#maxStreams = maxStreams
    this.#heartbeatMillis = heartbeatMillis
  }

  respond(c: Context): Response {
    if (this.#open.size >= this.#maxStreams) throw managementFaults['too-many-streams']()
    const listener = new Listener(this.#controlPlane)
    this.#open.add(listener)
    c.header('cache-control', 'no-store')
    return streamSSE(c, async (stream) => {
      stream.onAbort(() => listener.end())
      try {
        await listener.tell(stream, this.#heartbeatMillis)
      } finally {
        listener.end()
        this.#open.delete(listener)
      }
    })
  }

  close(): void {
    for (const listener of this.#open) listener.end()
  }
}

/** One open stream. Of an environment only the newest revision waits and of a topic the last position, so a slow reader costs no more than that. */
class Listener {
  readonly #waiting = new Map<string, RevisionNotice>()
  readonly #news = new Map<Topic, number>()
  readonly #unsubscribe: readonly (() => void)[]
  #wake: () => void = () => {}
  #ended = false

  constructor(controlPlane: Tells) {
    const ofRevisions = controlPlane.onRevision((notice) => {
      if (notice.organization === SYSTEM) return
      this.#waiting.set(`${notice.organization}/${notice.environment}`, notice)
      this.#wake()
    })
    const ofNews = controlPlane.onNews((topic, position) => {
      this.#news.set(topic, position)
      this.#wake()
    })
    this.#unsubscribe = [ofRevisions, ofNews]
  }

  async tell(stream: SSEStreamingApi, heartbeatMillis: number): Promise<void> {
    // The first comment lets the reader know that from here on it misses nothing.
    await stream.write(': listening\n\n')
    while (!this.#ended) {
      if (this.#isUpToDate && !(await this.#woken(heartbeatMillis))) {
        await stream.write(': heartbeat\n\n')
        continue
      }
      for (const [topic, position] of this.#news) {
        this.#news.delete(topic)
        await stream.writeSSE({ event: topic, data: JSON.stringify({ position }) })
      }
      for (const [environment, notice] of this.#waiting) {
        this.#waiting.delete(environment)
        await stream.writeSSE({ event: 'revision', data: JSON.stringify(notice) })
      }
    }
  }

  end(): void {
    this.#ended = true
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    this.#wake()
  }

  get #isUpToDate(): boolean {
    return this.#waiting.size === 0 && this.#news.size === 0
  }

  /** Whether something happened before the time was over. */
  #woken(millis: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), millis)
      this.#wake = () => {
        clearTimeout(timer)
        resolve(true)
      }
    })
  }
}
