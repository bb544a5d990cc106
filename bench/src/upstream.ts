import { type AddressInfo, createServer } from 'node:net'

/**
 * The backend behind everything that is compared: it answers every GET at once with JSON, of 1 KB, or of 100 KB where
 * the path says `large`. It reads no more of a request than it must, so that it never is what is measured.
 */
const small = reply(1_024)
const large = reply(102_400)

function reply(bytes: number): Buffer {
  const body = `{"items":"${'x'.repeat(bytes - 12)}"}`
  return Buffer.from(
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
}

const server = createServer({ noDelay: true }, (socket) => {
  let unread = ''
  socket.on('data', (chunk) => {
    unread += chunk.toString('latin1')
    for (let end = unread.indexOf('\r\n\r\n'); end >= 0; end = unread.indexOf('\r\n\r\n')) {
      const head = unread.slice(0, end)
      unread = unread.slice(end + 4)
      socket.write(head.slice(0, head.indexOf('\r\n')).includes('large') ? large : small)
      if (/^connection: *close/im.test(head)) socket.end()
    }
  })
  // A proxy that closes its connections abruptly is no concern of ours.
  socket.on('error', () => socket.destroy())
})
server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => {
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }))
})
// The pipe ends with whoever started this program, however that came about.
process.stdin.resume().on('end', () => process.exit(0))
