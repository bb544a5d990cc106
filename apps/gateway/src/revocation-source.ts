import type { Revocation } from '@portcullis/model/revocation'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import type { ControlPlane } from './control-plane.ts'
import type { Follower } from './follow-changes.ts'
import type { Front } from './front.ts'
import { jittered, pause, retrying } from './retrying.ts'
import type { RevocationFile } from './revocation-file.ts'

/** Keeps a front at what was revoked. */
export interface RevocationSource extends Follower {
  close(): Promise<void>
}

export interface RevocationSourceOptions {
  readonly gatewayId: string
  readonly controlPlane: ControlPlane
  readonly file: RevocationFile
  readonly front: Pick<Front, 'revoke'>
  readonly clock: Clock
  readonly log: Log
  /** How often the control plane is asked although it would tell; each time it hears that this gateway is there. */
  readonly pollMillis: number
  readonly maxRetryMillis: number
}

/**
 * Opens the source: first what is on the disk, then what the control plane tells of. It is told to the control plane
 * what was revoked only once every thread refuses it and it lies on the disk.
 */
export async function openRevocationSource(options: RevocationSourceOptions): Promise<RevocationSource> {
  const { gatewayId, controlPlane, file, front, clock, log } = options
  const closing = new AbortController()
  const { signal } = closing
  let known: readonly Revocation[] = []
  let position = 0
  let syncing: Promise<void> | undefined
  let syncAgain = false

  async function startFromDisk(): Promise<void> {
    try {
      const kept = await file.read()
      await front.revoke(kept.revocations, kept.position)
      ;({ revocations: known, position } = kept)
    } catch (cause) {
      log.error('what was revoked before cannot be read; it is asked for anew', { cause })
    }
  }

  /** Whoever asks while it runs gets one more run after it. */
  function sync(): Promise<void> {
    syncAgain = syncing !== undefined
    syncing ??= syncAll().finally(() => {
      syncing = undefined
    })
    return syncing
  }

  async function syncAll(): Promise<void> {
    do {
      syncAgain = false
      while (!(await fetchPage())) {}
      await acknowledge()
    } while (syncAgain)
  }

  async function acknowledge(): Promise<void> {
    const body = { gateway: gatewayId, position }
    await controlPlane.call((client) => client.acknowledgeRevocations({ body, signal }))
  }

  /** Resolves to whether it was the last. */
  async function fetchPage(): Promise<boolean> {
    const query = { after: position }
    const page = await controlPlane.call((client) => client.listRevocations({ query, signal }))
    if (page.position < position) {
      // Its store was lost, or it is another one. What it has is asked for from the beginning, and nothing is forgotten.
      log.warn('the control plane knows fewer revocations than before', {
        before: position,
        now: page.position,
      })
      position = 0
      return false
    }
    if (page.position > position) {
      await front.revoke(page.revocations, page.position)
      const now = clock.now()
      known = [...known.filter(({ until }) => until >= now), ...page.revocations]
      position = page.position
      await file.write({ position, revocations: known })
    }
    return page.complete
  }

  async function poll(): Promise<void> {
    await retrying(signal, options.maxRetryMillis, async () => {
      try {
        await sync()
      } catch (cause) {
        if (!signal.aborted) log.warn('the control plane does not tell what was revoked', { cause })
        throw cause
      }
      await pause(jittered(options.pollMillis), signal)
    })
  }

  await startFromDisk()
  const running = poll()

  return {
    event: 'revocation',
    syncSoon() {
      // The poll tells of an outage, and asks again.
      sync().catch((cause: unknown) => log.debug('revocations could not be fetched', { cause }))
    },
    async close() {
      closing.abort()
      await running
      await syncing?.catch(() => undefined)
    },
  }
}
