import { constants, type ServerHttp2Stream } from 'node:http2'
import type { Tunnel, TunnelEvents } from '@portcullis/kernel/tunnel'

const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR } = constants

/** A tunnel over a stream (RFC 8441 §5): its end is the end of TCP, its reset that of TCP (RFC 9113 §8.5). */
export class StreamTunnel implements Tunnel {
  readonly #stream: ServerHttp2Stream
  readonly #onContent: (bytes: number) => void

  constructor(stream: ServerHttp2Stream, onContent: (bytes: number) => void) {
    this.#stream = stream
    this.#onContent = onContent
  }

  open(events: TunnelEvents): void {
    const stream = this.#stream
    stream.on('drain', () => events.onRoom())
    stream.on('end', () => events.onEnd())
    this.whenOver(() => events.onClose())
    stream.on('data', (bytes: Buffer) => {
      this.#onContent(bytes.byteLength)
      events.onBytes(bytes)
    })
  }

  write(bytes: Uint8Array): boolean {
    return this.#stream.writable ? this.#stream.write(Buffer.from(bytes)) : true
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  end(): void {
    this.#stream.end()
  }

  destroySoon(): void {
    const stream = this.#stream
    const close = (): void => stream.close(NGHTTP2_NO_ERROR)
    if (stream.writableFinished) close()
    else stream.once('finish', close)
    stream.end()
    // What still comes is dropped, or the stream would wait for somebody to read it.
    stream.resume()
  }

  destroy(): void {
    this.#stream.close(NGHTTP2_CANCEL)
    this.#stream.destroy()
  }

  whenOver(tell: () => void): void {
    if (this.#stream.destroyed) tell()
    else this.#stream.once('close', tell)
  }
}
