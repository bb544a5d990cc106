import type { IncomingMessage } from 'node:http'
import { isIP, isIPv6 } from 'node:net'

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

/** What is limited as one: an IPv4 address, or the /64 of an IPv6 address, which one caller has to himself. */
export function addressGroup(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length
  const groups = [...left, ...Array<string>(Math.max(zeros, 0)).fill('0'), ...right]
  return `${groups
    .slice(0, 4)
    .map((each) => each.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}

function plain(address: string): string {
  return address.toLowerCase().startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
