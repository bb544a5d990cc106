import { connect } from 'node:net'
import { echoOffer, echoReply, echoRequest } from '../world/echo.ts'

export interface EchoEvents {
  /** A message came back whole. */
  onEcho(millis: number): void
  onFailure(why: string): void
}

/** One caller with a WebSocket: the next message as soon as the last has come back. */
export function openEchoCaller(port: number, events: EchoEvents): { close(): void } {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => socket.write(echoOffer))
  let head: string | undefined = ''
  let left = 0
  let sentAt = 0

  const say = (): void => {
    left = echoReply.length
    sentAt = performance.now()
    socket.write(echoRequest)
  }

  const take = (bytes: number): void => {
    left -= bytes
    if (left > 0) return
    events.onEcho(performance.now() - sentAt)
    say()
  }

  socket.on('data', (chunk) => {
    if (head === undefined) {
      take(chunk.length)
      return
    }
    head += chunk.toString('latin1')
    if (!head.includes('\r\n\r\n')) return
    if (head.startsWith('HTTP/1.1 101 ')) say()
    else events.onFailure(head.slice(0, head.indexOf('\r')))
    head = undefined
  })
  socket.on('error', (error) => events.onFailure(error.message))
  socket.on('close', () => events.onFailure('the connection was closed'))
  return { close: () => socket.destroy() }
}
