import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** A backend of WebSockets. */
export interface Echo {
  readonly url: string
  /** The fields of each request that wanted to change to WebSocket. */
  readonly offers: readonly string[]
  close(): void
}

/** Takes every WebSocket and says each short text back (RFC 6455 §4.2.2, §5.2). */
export async function openEcho(): Promise<Echo> {
  const offers: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((_, response) => response.writeHead(426).end())
  server.on('upgrade', (request, socket: Socket) => {
    offers.push(request.rawHeaders.join('|'))
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('end', () => socket.end())
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64')
    socket.write(
      `HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: echo\r\n\r\n`,
    )
    socket.on('data', (frame: Buffer) => {
      const [first = 0, second = 0] = frame
      const payload = Buffer.from(frame.subarray(6, 6 + (second & 127)))
      for (let i = 0; i < payload.length; i++) payload[i] = (payload[i] ?? 0) ^ (frame[2 + (i % 4)] ?? 0)
      socket.write(Buffer.concat([Buffer.from([first, payload.length]), payload]))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    offers,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
