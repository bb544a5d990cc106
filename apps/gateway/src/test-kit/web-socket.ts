import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { unmasked } from '@portcullis/http1/websocket/frame'
import { acceptOf } from '@portcullis/http1/websocket/handshake'

export interface SocketBackend extends AsyncDisposable {
  readonly url: string
  /** Raw fields of each offer. */
  readonly offers: string[][]
  readonly sockets: Socket[]
  open(): number
}

/** A backend that takes every offer and then does with the socket what the test says. */
export async function openSocketBackend(
  serve: (socket: Socket) => void,
  fields: (offered: readonly string[]) => string = () => '',
  listener?: RequestListener,
): Promise<SocketBackend> {
  const offers: string[][] = []
  const sockets: Socket[] = []
  const server = createServer(listener ?? ((_, response) => response.writeHead(200).end('plain')))
  server.on('upgrade', (request, socket: Socket) => {
    offers.push(request.rawHeaders)
    sockets.push(socket)
    socket.on('error', () => socket.destroy())
    socket.on('end', () => socket.end())
    const accept = acceptOf(request.headers['sec-websocket-key'] ?? '')
    socket.write(
      `HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${fields(request.rawHeaders)}\r\n`,
    )
    serve(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    offers,
    sockets,
    open: () => sockets.filter((socket) => !socket.destroyed).length,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Says the payload of every frame back without its mask: what servers send is not masked. */
export function echoFrames(socket: Socket): void {
  let unread = Buffer.alloc(0)
  socket.on('data', (bytes) => {
    unread = Buffer.concat([unread, bytes])
    for (;;) {
      const found = readFrame(unread)
      if (found === undefined) return
      unread = unread.subarray(found.size)
      if (found.opcode !== 10)
        socket.write(frameOf(found.opcode === 9 ? 10 : found.opcode, found.payload, false))
      if (found.opcode === 8) socket.end()
    }
  })
}

export function frameOf(opcode: number, payload: Buffer | string, isMasked: boolean, first = 0x80): Buffer {
  const content = Buffer.from(payload)
  const head =
    content.length < 126
      ? Buffer.from([first | opcode, content.length])
      : Buffer.from([first | opcode, 126, content.length >> 8, content.length & 255])
  if (!isMasked) return Buffer.concat([head, content])
  const mask = Buffer.from([7, 8, 9, 10])
  head[1] = (head[1] as number) | 0x80
  return Buffer.concat([head, mask, unmasked(content, mask)])
}

interface Frame {
  readonly opcode: number
  readonly payload: Buffer
  readonly size: number
}

/** The first frame, of up to 65,535 bytes. */
function readFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 4 && bytes.length < 2 + ((bytes[1] ?? 0) & 127)) return undefined
  const isMasked = ((bytes[1] ?? 0) & 128) !== 0
  const short = (bytes[1] ?? 0) & 127
  const length = short < 126 ? short : bytes.readUInt16BE(2)
  const start = (short < 126 ? 2 : 4) + (isMasked ? 4 : 0)
  if (bytes.length < start + length) return undefined
  const content = bytes.subarray(start, start + length)
  const payload = isMasked ? unmasked(content, bytes.subarray(start - 4, start)) : Buffer.from(content)
  return { opcode: (bytes[0] as number) & 15, payload, size: start + length }
}

/** A caller that sends exactly these bytes and reads frames. */
export class RawCaller {
  readonly socket: Socket
  head = ''
  #bytes = Buffer.alloc(0)
  isOver = false
  #wake: (() => void) | undefined

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, bytes])
      this.#wake?.()
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.isOver = true
      this.#wake?.()
    })
    socket.on('end', () => socket.end())
  }

  async readHead(): Promise<string> {
    await this.#until(() => this.#bytes.includes('\r\n\r\n'))
    const end = this.#bytes.indexOf('\r\n\r\n') + 4
    this.head = this.#bytes.toString('latin1', 0, end)
    this.#bytes = this.#bytes.subarray(end)
    return this.head
  }

  /** Opcode and payload of the next frame; of a close its code and reason; `gone` when none came. */
  async next(): Promise<string> {
    await this.#until(() => readFrame(this.#bytes) !== undefined)
    const found = readFrame(this.#bytes)
    if (found === undefined) return 'gone'
    this.#bytes = this.#bytes.subarray(found.size)
    if (found.opcode !== 8 || found.payload.length < 2)
      return `${found.opcode} ${found.payload.toString('latin1')}`
    return `8 ${found.payload.readUInt16BE(0)} ${found.payload.toString('utf8', 2)}`
  }

  async over(): Promise<void> {
    while (!this.isOver) await new Promise<void>((resolve) => (this.#wake = resolve))
  }

  get unread(): Buffer {
    return this.#bytes
  }

  async #until(isTrue: () => boolean): Promise<void> {
    while (!isTrue() && !this.isOver) await new Promise<void>((resolve) => (this.#wake = resolve))
  }
}

export async function openCaller(port: number, path: string, fields = ''): Promise<RawCaller> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  await once(socket, 'connect')
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${fields}\r\n`,
  )
  return new RawCaller(socket)
}
