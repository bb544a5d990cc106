import { createHash } from 'node:crypto'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { echoReply, echoRequest } from './world/echo.ts'

/**
 * The backend behind everything that is compared: it answers every request, when all of it has come, with JSON, of 1 KB,
 * or of 100 KB where the path says `large`. It reads no more of a request than it must, so that it never is what is
 * measured. On a WebSocket it answers every message of the load. Bodies come by length: nobody whom we compare makes chunks of them.
 */
const small = reply(1_024)
const large = reply(102_400)

function reply(bytes: number): Buffer {
  const body = `{"items":"${'x'.repeat(bytes - 12)}"}`
  return Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
}

function serve(socket: Socket): void {
  let head = ''
  /** Of the body of the request under way. */
  let missingBytes = 0

  socket.on('data', (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      if (missingBytes === 0) at += takeHead(chunk, at)
      else {
        const taken = Math.min(missingBytes, chunk.length - at)
        missingBytes -= taken
        at += taken
      }
      if (missingBytes === 0 && head.endsWith('\r\n\r\n')) answer()
    }
  })

  function takeHead(chunk: Buffer, at: number): number {
    const before = head.length
    head += chunk.toString('latin1', at)
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) return chunk.length - at
    head = head.slice(0, end + 4)
    missingBytes = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0)
    return head.length - before
  }

  function answer(): void {
    const key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1]
    if (key !== undefined) {
      changeToEcho(socket, key)
      head = ''
      return
    }
    socket.write(head.slice(0, head.indexOf('\r\n')).includes('large') ? large : small)
    if (/^connection: *close/im.test(head)) socket.end()
    head = ''
  }

  // A proxy that closes its connections abruptly is no concern of ours.
  socket.on('error', () => socket.destroy())
}

/** RFC 6455 §4.2.2. Nobody says anything before he has seen the 101. */
function changeToEcho(socket: Socket, key: string): void {
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  let left = echoRequest.length
  socket.removeAllListeners('data')
  socket.on('data', (chunk) => {
    left -= chunk.length
    for (; left <= 0; left += echoRequest.length) socket.write(echoReply)
  })
  socket.write(
    `HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
}

const server = createServer({ noDelay: true }, serve)
server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => {
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }))
})
// The pipe ends with whoever started this program, however that came about.
process.stdin.resume().on('end', () => process.exit(0))
