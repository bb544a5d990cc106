import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls'
import { Crowd } from '@portcullis/kernel/crowd'
import { awaitProxyHeader } from './await-proxy-header.ts'
import { Connection } from './connection.ts'
import type { Peer } from './incoming-request.ts'
import { awaitPreface, type OtherProtocol } from './other-protocol.ts'
import {
  ServerContext,
  type ServerCounts,
  type ServerHandler,
  type ServerObserver,
} from './server-context.ts'
import type { ServerLimits } from './server-limit.ts'
import { CertificateNames, contextOptions, type ServerTls, tlsFactsOf } from './tls.ts'

export interface Http1ServerOptions extends ServerHandler {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Whether others, such as other threads, may listen at the same address; the kernel then spreads connections. */
  readonly reusePort?: boolean
  /** Connections that may wait to be taken; what the system allows when absent. */
  readonly backlog?: number
  readonly limits: ServerLimits
  /** Whether many callers come from that address, so that `maxConnectionsPerAddress` is not for it. */
  readonly isProxy?: ((address: string) => boolean) | undefined
  /**
   * Whether every connection begins with a header of the PROXY protocol, before TLS, that says who opened it. It is
   * taken from those alone of whom `isProxy` says so; connections without it, or from others, are closed.
   */
  readonly proxyProtocol?: boolean | undefined
  readonly tls?: ServerTls
  /** Spoken beside HTTP/1.1 by those who ask for it. */
  readonly other?: OtherProtocol | undefined
  readonly observer: ServerObserver
}

export interface Http1Server {
  readonly port: number
  counts(): ServerCounts
  /**
   * Shows other certificates from now on; connections that are open stay. Throws, and changes nothing, when one can't
   * be used. Whether clients are asked for certificates can't be changed.
   */
  replaceCertificates(tls: ServerTls): void
  /** Takes no more connections, lets requests under way end, and cuts off what is left after that time. */
  close(drainMillis: number): Promise<void>
}

/** Listens for HTTP/1.1, over TLS when certificates are given. Rejects when the address can't be had. */
export async function listenHttp1(options: Http1ServerOptions): Promise<Http1Server> {
  const { host, port, limits, tls, other } = options
  const context = new ServerContext(limits, options, options.observer)
  const sockets = new Crowd<Socket>()
  /** Of which nothing says yet what they speak. */
  const undecided = new Crowd<Socket>()
  const socketOptions = { allowHalfOpen: true, noDelay: true, highWaterMark: limits.maxWaitingBytes }
  let names = tls && new CertificateNames(tls)
  /** Who opened a connection that a proxy carries, by the proxy's own address and port. */
  const sources = new Map<string, string>()
  const secured = tls && openTls(tls)
  const inner = secured ?? openPlain()
  const server = options.proxyProtocol === true ? openAfterProxyHeader(inner) : inner
  server.maxConnections = limits.maxConnections
  server.on('drop', () => context.count('connection-limit'))
  server.prependListener('connection', keep)

  function openPlain(): Server {
    // What speaks HTTP/1.1 does not hold back small pieces from its second write on (`Outlet`).
    const noDelay = other?.preface !== undefined
    return createServer({ ...socketOptions, noDelay }, (socket) => {
      if (socket.destroyed) return
      const peer: Peer = { remoteAddress: callerOf(socket), tls: undefined }
      if (other?.preface === undefined) new Connection(socket, peer, context)
      else takeByPreface(socket, peer, other, other.preface)
    })
  }

  function takeByPreface(socket: Socket, peer: Peer, asked: OtherProtocol, preface: Uint8Array): void {
    const seat = undecided.join(socket)
    socket.once('close', () => undecided.leave(seat))
    awaitPreface(socket, preface, limits.headTimeoutMillis, (isAsked) => {
      undecided.leave(seat)
      if (isAsked) {
        asked.take(socket, peer)
        return
      }
      new Connection(socket, peer, context)
      socket.resume()
    })
  }

  function openTls(chosen: ServerTls): TlsServer {
    const asks = chosen.clientCertificates !== undefined
    const server = createTlsServer({
      ...contextOptions(chosen, chosen.certificates[0]),
      allowHalfOpen: true,
      noDelay: true,
      ALPNProtocols: other === undefined ? ['http/1.1'] : [other.alpn, 'http/1.1'],
      handshakeTimeout: limits.headTimeoutMillis,
      requestCert: asks,
      rejectUnauthorized: chosen.clientCertificates === 'required',
      SNICallback: (name, done) => done(null, names?.find(name)),
    })
    server.on('tlsClientError', (_, socket) => {
      context.count('tls-handshake')
      // Node leaves a socket open whose handshake took too long.
      socket.destroy()
    })
    server.on('secureConnection', (socket: TLSSocket) => {
      const peer: Peer = { remoteAddress: callerOf(socket), tls: tlsFactsOf(socket, asks) }
      if (other !== undefined && socket.alpnProtocol === other.alpn) other.take(socket, peer)
      else new Connection(socket, peer, context)
    })
    return server
  }

  /** Takes connections for another server, and hands them on when it is known who opened them. */
  function openAfterProxyHeader(next: Server): Server {
    return createServer(socketOptions, (socket) => {
      if (socket.destroyed) return
      const refuse = (): void => context.count('proxy-header')
      if (options.isProxy?.(addressOf(socket)) !== true) {
        refuse()
        socket.destroy()
        return
      }
      awaitProxyHeader(socket, limits.headTimeoutMillis, handOn, refuse)

      function handOn(source: string | undefined): void {
        if (source !== undefined && !remember(socket, source)) return
        next.emit('connection', socket)
        // The server of TLS reads from below.
        if (secured === undefined) socket.resume()
      }
    })
  }

  function remember(socket: Socket, source: string): boolean {
    const isCounted = options.isProxy?.(source) !== true
    if (isCounted && !admit(socket, source)) return false
    const key = endOf(socket)
    sources.set(key, source)
    socket.on('close', () => {
      sources.delete(key)
      if (isCounted) context.dismiss(source)
    })
    return true
  }

  function callerOf(socket: Socket): string {
    const source = sources.size === 0 ? undefined : sources.get(endOf(socket))
    return source ?? addressOf(socket)
  }

  /** Sockets as they are taken, before TLS. */
  function keep(socket: Socket): void {
    const address = addressOf(socket)
    const isCounted = options.isProxy?.(address) !== true
    if (isCounted && !admit(socket, address)) return
    const seat = sockets.join(socket)
    socket.on('close', () => {
      sockets.leave(seat)
      if (isCounted) context.dismiss(address)
    })
  }

  /** Whether one more may come from there; its end is to be told. */
  function admit(socket: Socket, address: string): boolean {
    if (context.admit(address)) return true
    context.count('connection-limit')
    socket.destroy()
    return false
  }

  const listening = once(server, 'listening')
  server.listen({ host, port, reusePort: options.reusePort ?? false, backlog: options.backlog })
  await listening
  server.on('error', (error) => options.observer.onHandlerFailed(error))
  const sweeping = setInterval(() => context.sweep(), context.tickMillis).unref()

  async function close(drainMillis: number): Promise<void> {
    context.isClosing = true
    const closed = once(server, 'close')
    server.close()
    context.connections.each((connection) => connection.drain())
    undecided.each((socket) => socket.destroy())
    other?.drain()
    const limit = setTimeout(() => {
      context.connections.each((connection) => connection.cut())
      sockets.each((socket) => socket.destroy())
    }, drainMillis)
    await closed
    clearTimeout(limit)
    // The last sockets tell of their end in the turns after that of the server.
    while (context.connections.size > 0) await turn()
    clearInterval(sweeping)
  }

  let closing: Promise<void> | undefined
  return {
    port: (server.address() as AddressInfo).port,
    counts: () => context.counts(),
    replaceCertificates(chosen) {
      if (secured === undefined) throw new TypeError('this server does not speak TLS')
      names = new CertificateNames(chosen)
      secured.setSecureContext(contextOptions(chosen, chosen.certificates[0]))
    },
    close(drainMillis) {
      closing ??= close(drainMillis)
      return closing
    },
  }
}

/** Of the connections of a server no two come from the same address and port. */
function endOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}

const IPV4_IN_IPV6 = '::ffff:'

/** IPv4 as itself, also where it came to an IPv6 socket (RFC 4291 §2.5.5.2). */
function addressOf(socket: Socket): string {
  const address = socket.remoteAddress ?? ''
  return address.startsWith(IPV4_IN_IPV6) && address.includes('.')
    ? address.slice(IPV4_IN_IPV6.length)
    : address
}
