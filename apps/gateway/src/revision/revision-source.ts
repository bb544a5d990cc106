import { SYSTEM } from '@portcullis/model/collection'
import { revisionName } from '@portcullis/model/revision'
import type { Log } from '@portcullis/ports/log/port'
import type { ControlPlane } from '../control-plane/control-plane.ts'
import { revisionFaults } from '../fault.ts'
import { jittered, pause, retrying } from '../forwarder/retrying.ts'
import type { Front } from '../front.ts'
import type { Follower } from '../news/follow-changes.ts'
import type { PackedRevision } from '../reader/packed-revision.ts'
import type { ReadRevision } from '../reader/read-revision.ts'
import type { RevisionFolder } from './revision-folder.ts'

export interface EnvironmentName {
  readonly organization: string
  readonly environment: string
}

/** Keeps a front at what the control plane has published. */
export interface RevisionSource extends Follower {
  /** Resolves once something is in force, from the disk or from the control plane, or it is known that there is nothing. */
  ready(): Promise<void>
  inForce(): readonly PackedRevision[]
  close(): Promise<void>
}

export interface RevisionSourceOptions {
  readonly gatewayId: string
  readonly controlPlane: ControlPlane
  readonly read: ReadRevision
  readonly folder: RevisionFolder
  readonly front: Pick<Front, 'load' | 'swap'>
  readonly log: Log
  /** How often the control plane is asked although it would tell. */
  readonly pollMillis: number
  readonly maxRetryMillis: number
}

/**
 * Opens the source: first what is on the disk, then what the control plane has, then whatever else it has when `syncSoon` is called.
 *
 * A revision comes into force only after its signature was verified with the one fixed key, its content was understood
 * to the last key, its number was found to be no lower than the one in force (so that nobody can bring back
 * an old, weaker one), its policies were bound, and it was safely on the disk. Where any of this fails the
 * environment stays as it was, and the log says why.
 */
export async function openRevisionSource(options: RevisionSourceOptions): Promise<RevisionSource> {
  const { gatewayId, controlPlane, read, folder, front, log } = options
  const live = new Map<string, PackedRevision>()
  const closing = new AbortController()
  const { signal } = closing
  const ready = Promise.withResolvers<void>()
  let syncing: Promise<void> | undefined
  let syncAgain = false

  async function startFromDisk(): Promise<void> {
    for (const { organization, environment, jws } of await folder.read()) {
      try {
        const revision = await accept(jws, { organization, environment })
        live.set(keyOf(revision), revision)
      } catch (cause) {
        log.error('a kept revision is not used', { organization, environment, cause })
      }
    }
    if (live.size === 0) return
    await front.swap([...live.values()].map(revisionName))
    log.info('revisions from the disk are in force', { revisions: [...live.values()].map(revisionName) })
    ready.resolve()
  }

  async function accept(jws: string, asked: EnvironmentName): Promise<PackedRevision> {
    const revision = await read(jws)
    if (keyOf(revision) !== keyOf(asked)) {
      throw revisionFaults['bad-content']({
        detail: `${revisionName(revision)} was given for ${keyOf(asked)}.`,
      })
    }
    const present = live.get(keyOf(asked))
    if (present !== undefined && revision.number < present.number) {
      throw revisionFaults['lower-number']({
        detail: `${revisionName(revision)} after ${revisionName(present)}.`,
      })
    }
    await front.load(revision)
    return revision
  }

  /** Brings everything up to date. Whoever asks while it runs gets one more run after it. */
  function sync(): Promise<void> {
    if (syncing !== undefined) {
      syncAgain = true
      return syncing
    }
    syncing = syncAll().finally(() => {
      syncing = undefined
    })
    return syncing
  }

  async function syncAll(): Promise<void> {
    do {
      syncAgain = false
      const { environments } = await controlPlane.call((client) => client.listEnvironments({ signal }))
      const served = environments.filter((each) => each.organization !== SYSTEM)
      const fetched = []
      for (const each of served) fetched.push(await fetchIfNew(each))
      const changed = fetched.filter((each) => each !== undefined)
      await putInForce(changed, served)
    } while (syncAgain)
    ready.resolve()
  }

  async function fetchIfNew(
    notice: EnvironmentName & { readonly number: number },
  ): Promise<PackedRevision | undefined> {
    const { organization, environment, number } = notice
    const present = live.get(keyOf(notice))?.number
    if (present === number) return undefined
    try {
      const answer = await controlPlane.call((client) =>
        client.fetchRevision({ organization, environment }, present),
      )
      if (answer === undefined) return undefined
      const revision = await accept(answer.jws, notice)
      if (revision.number === present) return undefined
      await folder.write({ organization, environment, jws: answer.jws })
      return revision
    } catch (cause) {
      log.error('a published revision is not put in force; the one before stays', {
        organization,
        environment,
        number,
        cause,
      })
      return undefined
    }
  }

  async function putInForce(
    changed: readonly PackedRevision[],
    served: readonly EnvironmentName[],
  ): Promise<void> {
    const keep = new Set(served.map(keyOf))
    const gone = [...live.values()].filter((each) => !keep.has(keyOf(each)))
    for (const each of gone) live.delete(keyOf(each))
    for (const each of changed) live.set(keyOf(each), each)
    if (changed.length + gone.length === 0) return
    await front.swap([...live.values()].map(revisionName))
    log.info('revisions are in force', { new: changed.map(revisionName), gone: gone.map(revisionName) })
    for (const each of gone) await folder.remove(each)
    await Promise.all(changed.map(acknowledge))
  }

  /** That it is in force is true whether or not the control plane hears of it. */
  async function acknowledge({ organization, environment, number }: PackedRevision): Promise<void> {
    const body = { gateway: gatewayId, organization, environment, number }
    await controlPlane
      .call((client) => client.acknowledgeRevision({ body, signal }))
      .catch((cause: unknown) =>
        log.warn('the control plane was not told of a revision in force', { ...body, cause }),
      )
  }

  /** Asks in any case: should the events ever fail silently, this is how late a revision can be. */
  async function poll(): Promise<void> {
    await retrying(signal, options.maxRetryMillis, async () => {
      try {
        await sync()
      } catch (cause) {
        if (!signal.aborted)
          log.warn('the control plane does not tell what to enforce; the gateway goes on', { cause })
        throw cause
      }
      await pause(jittered(options.pollMillis), signal)
    })
  }

  function syncSoon(): void {
    sync().catch((cause: unknown) => {
      if (!signal.aborted) log.warn('the control plane told of a revision and does not give it', { cause })
    })
  }

  await startFromDisk()
  const running = poll()

  return {
    event: 'revision',
    syncSoon,
    inForce: () => [...live.values()],
    ready: () => ready.promise,
    async close() {
      closing.abort()
      await running
      await syncing?.catch(() => undefined)
    },
  }
}

function keyOf({ organization, environment }: EnvironmentName): string {
  return `${organization}/${environment}`
}
