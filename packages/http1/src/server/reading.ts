import type { Socket } from 'node:net'

/** Whether more is taken from a socket; what is not taken waits with its sender. */
export class Reading {
  readonly #socket: Socket
  isPaused = false

  constructor(socket: Socket) {
    this.#socket = socket
  }

  pause(): void {
    if (this.isPaused) return
    this.isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    if (!this.isPaused) return
    this.isPaused = false
    this.#socket.resume()
  }
}
