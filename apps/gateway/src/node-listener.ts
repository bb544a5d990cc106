import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Fault } from '@portcullis/kernel/fault'
import type { Reply } from '@portcullis/policy-kit/reply'
import type { Log } from '@portcullis/ports/log/port'
import { gatewayFaults } from './fault.ts'
import type { Address, Door, Listener, ListenerLimits } from './listener.ts'
import { type Conversation, sendReply } from './node-reply.ts'
import { NodeRequest, RequestBody, readHead } from './node-request.ts'

/** Opens a listener on node:http. Rejects when the address can't be had. */
export async function openNodeListener(
  address: Address,
  door: Door,
  log: Log,
  limits: ListenerLimits,
): Promise<Listener> {
  const server = createServer({
    insecureHTTPParser: false,
    maxHeaderSize: limits.maxHeadBytes,
    headersTimeout: limits.headTimeoutMillis,
    requestTimeout: limits.requestTimeoutMillis,
    connectionsCheckingInterval: Math.min(1_000, limits.headTimeoutMillis),
    keepAliveTimeout: limits.keepAliveMillis,
    // Its own refusal would be no problem document; ours comes from `readHead`.
    requireHostHeader: false,
    noDelay: true,
  })
  // Node would silently drop the fields above its own limit; `readHead` refuses them instead.
  server.maxHeadersCount = 0
  server.maxConnections = limits.maxConnections
  let closing = false
  // Connections on which nothing more is taken: after a malformed message nobody knows what the next bytes are.
  const finished = new WeakSet<Duplex>()
  const latest = new WeakMap<Duplex, Conversation>()

  function serve(message: IncomingMessage, response: ServerResponse, waits: boolean): void {
    if (finished.has(message.socket)) return
    const head = readHead(message, limits.maxFields)
    if (head instanceof Fault) {
      refuse(head, message, response)
      return
    }
    const body = head.hasBody ? new RequestBody(message, waits ? response : undefined) : undefined
    const request = new NodeRequest(head, addressOf(message.socket), body)
    response.once('close', () => {
      if (!response.writableFinished) request.callerLeft()
    })
    const conversation = { message, response, body, lingerMillis: limits.lingerMillis }
    latest.set(message.socket, conversation)
    try {
      const reply = door.handle(request)
      if (reply instanceof Promise) reply.then((later) => deliver(later, conversation)).catch(giveUp)
      else deliver(reply, conversation)
    } catch (thrown) {
      giveUp(thrown)
    }

    /** Doors do not fail. Should one, it costs this call and not the process. */
    function giveUp(thrown: unknown): void {
      log.error('a call could not be handled', { cause: thrown })
      response.destroy()
    }
  }

  function refuse(fault: Fault, message: IncomingMessage, response: ServerResponse): void {
    finished.add(message.socket)
    response.shouldKeepAlive = false
    deliver(door.refuse(fault, message.method), { message, response, body: undefined, lingerMillis: 0 })
  }

  function deliver(reply: Reply, conversation: Conversation): void {
    if (closing) conversation.response.shouldKeepAlive = false
    try {
      sendReply(reply, conversation)?.catch((thrown: unknown) => cutOff(thrown, reply, conversation))
    } catch (thrown) {
      cutOff(thrown, reply, conversation)
    }
  }

  /** Whether another reply is still to go out first, or has begun: nothing may be written in its place or into it. */
  function isTaken(socket: Duplex): boolean {
    const { message, response } = latest.get(socket) ?? {}
    if (finished.has(socket)) return true
    if (message === undefined || response === undefined || response.writableFinished) return false
    return message.complete || response.headersSent
  }

  /** What has begun can't be taken back; the caller learns of it by a connection that ends too early. */
  function cutOff(thrown: unknown, reply: Reply, { response }: Conversation): void {
    log.warn('a reply was cut off', { decision: reply.headers.get('portcullis-decision'), cause: thrown })
    response.destroy()
  }

  server.on('request', (message, response) => serve(message, response, false))
  server.on('checkContinue', (message, response) => serve(message, response, true))
  server.on('checkExpectation', (message, response) => {
    refuse(gatewayFaults['expectation-failed'](), message, response)
  })
  server.on('connect', (message, socket) => {
    if (isTaken(socket)) socket.destroy()
    else endRaw(socket, door.refuse(gatewayFaults['method-not-implemented'](), message.method))
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable || isTaken(socket)) socket.destroy()
    else endRaw(socket, door.refuse(faultOfParser(error)))
  })

  server.listen(address)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    close(drainMillis) {
      closing = true
      return closeServer(server, drainMillis)
    },
  }
}

async function closeServer(server: Server, drainMillis: number): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  const limit = setTimeout(() => server.closeAllConnections(), drainMillis)
  await closed
  clearTimeout(limit)
}

function faultOfParser(error: NodeJS.ErrnoException): Fault {
  if (error.code === 'HPE_HEADER_OVERFLOW') return gatewayFaults['head-too-large']()
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return gatewayFaults['request-timeout']()
  return gatewayFaults['malformed-request']({ internal: `${error.code}: ${error.message}` })
}

/** Answers where node has given up the connection as one of HTTP. */
function endRaw(socket: Duplex, reply: Reply): void {
  const body = reply.body instanceof Uint8Array ? reply.body : new Uint8Array(0)
  const fields = reply.headers.flat()
  let head = `HTTP/1.1 ${reply.status} \r\n`
  for (let i = 0; i < fields.length; i += 2) head += `${fields[i]}: ${fields[i + 1]}\r\n`
  socket.on('error', () => socket.destroy())
  socket.write(`${head}Content-Length: ${body.byteLength}\r\nConnection: close\r\n\r\n`, 'latin1')
  socket.end(body, () => socket.destroy())
}

const IPV4_IN_IPV6 = '::ffff:'

function addressOf(socket: Socket): string {
  const address = socket.remoteAddress ?? ''
  return address.startsWith(IPV4_IN_IPV6) && address.includes('.')
    ? address.slice(IPV4_IN_IPV6.length)
    : address
}
