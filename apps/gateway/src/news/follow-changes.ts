import type { Topic } from '@portcullis/model/news/news'
import type { Log } from '@portcullis/ports/log/port'
import type { ControlPlane } from '../control-plane/control-plane.ts'
import { retrying } from '../forwarder/retrying.ts'

/** Who wants to know that there is something new to ask for. */
export interface Follower {
  /** Of what it wants to know. */
  readonly event: 'revision' | Topic
  /** Returns at once. */
  syncSoon(): void
}

export interface FollowOptions {
  readonly controlPlane: ControlPlane
  readonly followers: readonly Follower[]
  readonly log: Log
  readonly maxRetryMillis: number
}

/**
 * Listens to what the control plane tells of. What was told while nobody listened is not told again: so all are called
 * whenever it begins to listen.
 */
export function followChanges({ controlPlane, followers, log, maxRetryMillis }: FollowOptions): {
  close(): Promise<void>
} {
  const closing = new AbortController()
  const { signal } = closing
  const onOpen = (): void => {
    for (const each of followers) each.syncSoon()
  }
  const running = retrying(signal, maxRetryMillis, async () => {
    try {
      for await (const notice of controlPlane.client.watchChanges({ signal, onOpen })) {
        for (const each of followers) if (each.event === notice.event) each.syncSoon()
      }
    } catch (cause) {
      controlPlane.noteRefusal(cause)
      log.debug('the events of the control plane ended', { cause })
      throw cause
    }
    throw new Error('the control plane ended the events')
  })
  return {
    async close() {
      closing.abort()
      await running
    },
  }
}
