import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { type Giver, writeDirectly } from './direct-write.ts'

/** As many bytes as a socket of Node takes before it asks to wait. */
const HIGH_WATER_BYTES = 65_536

/**
 * Where a connection writes. What the system takes at once, which is nearly everything, goes past the queue that a stream
 * keeps: that costs as much as the write itself, and a turn to say that it is empty again. What has to wait is counted
 * here, and all that comes meanwhile goes through that queue, so that bytes keep their order.
 */
export class Outlet implements Giver {
  /** Not under TLS, which never takes a piece at once. */
  readonly isPlain: boolean
  readonly #socket: Socket
  /** Of what was given to the system past the queue, and not taken yet. */
  #givenBytes = 0
  /** How often something was written, as far as that matters. */
  #writes: 0 | 1 | 2 = 0
  readonly #onRoom: () => void

  /** `onRoom` is told when there is room again after the system did not take a large piece; else the socket drains. */
  constructor(socket: Socket, onRoom: () => void) {
    this.#socket = socket
    this.isPlain = !(socket instanceof TLSSocket)
    this.#onRoom = onRoom
  }

  /** What was written and not taken by the system. */
  get waitingBytes(): number {
    return this.#givenBytes + this.#socket.writableLength
  }

  /** Whether somebody was told that there is no room, and not yet that there is. */
  get isFull(): boolean {
    return this.#givenBytes >= HIGH_WATER_BYTES || this.#socket.writableNeedDrain
  }

  /** Writes a text in latin1, or bytes, which are not ours to keep changing. False when there is no room for more. */
  write(data: string | Uint8Array): boolean {
    const socket = this.#socket
    if (this.#writes < 2) this.#hurry()
    const isFree = this.waitingBytes === 0 && socket.writableCorked === 0 && socket.writable
    if (!this.isPlain || !isFree) return socket.write(data, 'latin1')
    if (writeDirectly(socket, data, this)) return true
    this.#givenBytes = data.length
    return this.#givenBytes < HIGH_WATER_BYTES
  }

  /**
   * Bids the system not to hold back small pieces (Nagle's algorithm): before the second, as the first always leaves at
   * once. So connections that are answered once are spared a call of the system.
   */
  #hurry(): void {
    if (this.#writes++ === 1) this.#socket.setNoDelay(true)
  }

  onTaken(error: Error | undefined): void {
    const wasFull = this.#givenBytes >= HIGH_WATER_BYTES
    this.#givenBytes = 0
    if (error !== undefined) this.#socket.destroy(error)
    else if (wasFull) this.#onRoom()
  }

  /** Holds back what is written within `write`, so that it leaves together. */
  together(write: () => void): void {
    this.#socket.cork()
    write()
    this.#socket.uncork()
  }
}
