import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { CertificateFolder } from '@portcullis/certificate/read-certificates'
import { watchCertificates } from '@portcullis/certificate/watch-certificates'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import { createListener, type Listener, type ListenerParts } from '../listener.ts'

export interface DoorOptions {
  readonly host: string
  readonly port: number
  /** A second listener, which asks for certificates. */
  readonly mutualTlsPort?: number | undefined
  readonly certificates?: CertificateFolder | undefined
  readonly clock: Clock
  readonly log: Log
  readonly pollMillis: number
}

export interface Doors {
  readonly port: number
  /** Where callers are asked for certificates, if anywhere. */
  readonly mutualTlsPort: number | undefined
  /** Takes no more, and lets what is under way come to its end. */
  close(): Promise<void>
}

/** Requests under way get this long when closing. */
const GRACE_MILLIS = 3000

type PartsOf = (asksForCertificates: boolean) => Omit<ListenerParts, 'tls'>

/** Opens the listeners of the authorization server, with the certificates of a folder where one is named. */
export async function openDoors(options: DoorOptions, partsOf: PartsOf): Promise<Doors> {
  const { host, mutualTlsPort, certificates: folder, clock, log, pollMillis } = options
  await using opened = new AsyncDisposableStack()
  const watch = folder && (await watchCertificates({ folder, clock, log, pollMillis }))
  if (watch !== undefined) opened.defer(() => watch.close())
  const listeners: Listener[] = []

  async function open(port: number, asksForCertificates: boolean): Promise<number> {
    const tls = watch && { tls: watch.tls, asksForCertificates }
    const listener = createListener({ ...partsOf(asksForCertificates), tls })
    listener.server.listen({ host, port })
    await once(listener.server, 'listening')
    opened.defer(() => closeListener(listener))
    listeners.push(listener)
    return (listener.server.address() as AddressInfo).port
  }

  const port = await open(options.port, false)
  const asking = mutualTlsPort === undefined ? undefined : await open(mutualTlsPort, true)
  watch?.follow(async (tls) => {
    for (const each of listeners) each.replaceCertificates(tls)
  })
  const closing = opened.move()
  return { port, mutualTlsPort: asking, close: () => closing.disposeAsync() }
}

async function closeListener({ server }: Listener): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  const grace = setTimeout(() => server.closeAllConnections(), GRACE_MILLIS)
  await closed
  clearTimeout(grace)
}
