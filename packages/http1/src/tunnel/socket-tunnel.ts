import type { Socket } from 'node:net'
import type { Tunnel, TunnelEvents } from '@portcullis/kernel/tunnel'

/** Whose socket it was, and who still counts it. */
export interface FormerOwner {
  onFinish(): void
  onClose(): void
}

/** A tunnel over a socket. Whoever hears of the socket passes on what happens. */
export class SocketTunnel implements Tunnel {
  readonly #socket: Socket
  readonly #owner: FormerOwner | undefined
  #events: TunnelEvents | undefined
  /** What came before anybody listened. */
  #early: Buffer[] = []
  #hasEnded = false
  #isClosed = false
  readonly #watchers: (() => void)[] = []

  constructor(socket: Socket, early: Buffer | undefined, owner?: FormerOwner) {
    this.#socket = socket
    this.#owner = owner
    if (early !== undefined && early.length > 0) this.#early.push(Buffer.from(early))
    socket.pause()
    // A connection of HTTP sees to that with its second write.
    socket.setNoDelay(true)
  }

  open(events: TunnelEvents): void {
    if (this.#events !== undefined) throw new Error('a tunnel is opened once')
    this.#events = events
    const early = this.#early
    this.#early = []
    for (const bytes of early) events.onBytes(bytes)
    if (this.#hasEnded) events.onEnd()
    if (this.#isClosed) events.onClose()
    else this.#socket.resume()
  }

  write(bytes: Uint8Array): boolean {
    return this.#socket.writable ? this.#socket.write(Buffer.from(bytes)) : true
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.end()
  }

  destroySoon(): void {
    this.#socket.destroySoon()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  whenOver(tell: () => void): void {
    if (this.#isClosed) tell()
    else this.#watchers.push(tell)
  }

  // What happens on the socket.

  onBytes(bytes: Buffer): void {
    if (this.#events === undefined) this.#early.push(Buffer.from(bytes))
    else this.#events.onBytes(bytes)
  }

  onRoom(): void {
    this.#events?.onRoom()
  }

  onEnd(): void {
    this.#hasEnded = true
    this.#events?.onEnd()
  }

  onFinish(): void {
    this.#owner?.onFinish()
  }

  onClose(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#early = []
    this.#events?.onClose()
    for (const tell of this.#watchers.splice(0)) tell()
    this.#owner?.onClose()
  }
}
