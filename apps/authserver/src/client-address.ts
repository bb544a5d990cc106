import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/**
 * The address that asks. Behind a proxy that is trusted it is the last one in X-Forwarded-For: the proxy wrote that
 * one itself, while all before it are the caller's to invent.
 */
export function clientAddress(request: IncomingMessage, trustProxy: boolean): string {
  const direct = plain(request.socket.remoteAddress ?? '')
  if (!trustProxy) return direct
  const header = request.headers['x-forwarded-for']
  const list = Array.isArray(header) ? header.join(',') : (header ?? '')
  const last = plain(list.slice(list.lastIndexOf(',') + 1).trim())
  return isIP(last) === 0 ? direct : last
}

function plain(address: string): string {
  return address.toLowerCase().startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
