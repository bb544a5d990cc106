import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls'
import { Connection } from './connection.ts'
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
  readonly tls?: ServerTls
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
  const { host, port, limits, tls } = options
  const context = new ServerContext(limits, options, options.observer)
  const sockets = new Set<Socket>()
  let names = tls && new CertificateNames(tls)
  const server = tls === undefined ? openPlain() : openTls(tls)
  server.maxConnections = limits.maxConnections
  server.on('drop', () => context.count('connection-limit'))
  server.prependListener('connection', keep)

  function openPlain(): Server {
    return createServer(
      { allowHalfOpen: true, noDelay: true, highWaterMark: limits.maxWaitingBytes },
      (socket) => {
        if (!socket.destroyed)
          new Connection(socket, { remoteAddress: addressOf(socket), tls: undefined }, context)
      },
    )
  }

  function openTls(chosen: ServerTls): TlsServer {
    const asks = chosen.clientCertificates !== undefined
    const secured = createTlsServer({
      ...contextOptions(chosen, chosen.certificates[0]),
      allowHalfOpen: true,
      noDelay: true,
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: limits.headTimeoutMillis,
      requestCert: asks,
      rejectUnauthorized: chosen.clientCertificates === 'required',
      SNICallback: (name, done) => done(null, names?.find(name)),
    })
    secured.on('tlsClientError', (_, socket) => {
      context.count('tls-handshake')
      // Node leaves a socket open whose handshake took too long.
      socket.destroy()
    })
    secured.on('secureConnection', (socket: TLSSocket) => {
      new Connection(socket, { remoteAddress: addressOf(socket), tls: tlsFactsOf(socket, asks) }, context)
    })
    return secured
  }

  /** Sockets as they are taken, before TLS. */
  function keep(socket: Socket): void {
    const address = addressOf(socket)
    const isCounted = options.isProxy?.(address) !== true
    if (!isCounted || context.admit(address)) {
      sockets.add(socket)
      socket.once('close', () => {
        sockets.delete(socket)
        if (isCounted) context.dismiss(address)
      })
    } else {
      context.count('connection-limit')
      socket.destroy()
    }
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
    for (const connection of context.connections) connection.drain()
    const limit = setTimeout(() => {
      for (const connection of context.connections) connection.cut()
      for (const socket of sockets) socket.destroy()
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
      if (names === undefined) throw new TypeError('this server does not speak TLS')
      names = new CertificateNames(chosen)
      ;(server as TlsServer).setSecureContext(contextOptions(chosen, chosen.certificates[0]))
    },
    close(drainMillis) {
      closing ??= close(drainMillis)
      return closing
    },
  }
}

const IPV4_IN_IPV6 = '::ffff:'

/** IPv4 as itself, also where it came to an IPv6 socket (RFC 4291 §2.5.5.2). */
function addressOf(socket: Socket): string {
  const address = socket.remoteAddress ?? ''
  return address.startsWith(IPV4_IN_IPV6) && address.includes('.')
    ? address.slice(IPV4_IN_IPV6.length)
    : address
}
