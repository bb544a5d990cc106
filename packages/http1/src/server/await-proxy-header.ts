import type { Socket } from 'node:net'
import { type ProxyHeader, readProxyHeader } from './proxy-header.ts'

type Whole = Exclude<ProxyHeader, string>

/**
 * Waits for the PROXY header of a connection, at most so long, and then hands the connection over, paused, with all
 * that came behind the header put back. Otherwise the connection is closed and `refuse` is told.
 */
export function awaitProxyHeader(
  socket: Socket,
  timeoutMillis: number,
  take: (source: Whole['source']) => void,
  refuse: () => void,
): void {
  let received: Buffer = Buffer.alloc(0)
  const timer = setTimeout(giveUp, timeoutMillis)
  socket.on('data', hear)
  socket.once('end', giveUp)
  socket.once('error', giveUp)
  socket.once('close', giveUp)

  function hear(bytes: Buffer): void {
    received = received.length === 0 ? bytes : Buffer.concat([received, bytes])
    const header = readProxyHeader(received)
    if (header === 'incomplete') return
    if (header === 'malformed') {
      giveUp()
      return
    }
    stop()
    socket.pause()
    if (received.length > header.bytes) socket.unshift(received.subarray(header.bytes))
    take(header.source)
  }

  function giveUp(): void {
    stop()
    // What still fails while it closes is no matter any more.
    socket.on('error', () => undefined)
    socket.destroy()
    refuse()
  }

  function stop(): void {
    clearTimeout(timer)
    socket.off('data', hear)
    for (const event of ['end', 'error', 'close']) socket.off(event, giveUp)
  }
}
