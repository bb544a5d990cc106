import { connect, createServer, type Socket } from 'node:net'

/**
 * The least that sockets of Node allow: bytes of a caller go to a connection that is kept, and what comes goes back. It
 * knows nothing of HTTP but where the length of a reply stands; it has no limits, no times and no fields of its own.
 */
export function listenRelay(upstreamPort: number, ready: (port: number) => void): void {
  const idle: Backend[] = []
  const server = createServer({ noDelay: true }, (caller) => {
    caller.on('error', () => caller.destroy())
    caller.on('data', (bytes) => {
      const backend = idle.pop() ?? new Backend(upstreamPort, idle)
      backend.carry(bytes, caller)
    })
  })
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => {
    const address = server.address()
    if (address !== null && typeof address === 'object') ready(address.port)
  })
}

const shared = Buffer.allocUnsafeSlow(65_536)

class Backend {
  readonly #socket: Socket
  #caller: Socket | undefined
  #left = 0

  constructor(port: number, idle: Backend[]) {
    this.#socket = connect({
      host: '127.0.0.1',
      port,
      noDelay: true,
      onread: {
        buffer: shared,
        callback: (length) => {
          this.#take(length)
          if (this.#left === 0) idle.push(this)
          return true
        },
      },
    })
    this.#socket.on('error', () => this.#caller?.destroy())
  }

  carry(request: Buffer, caller: Socket): void {
    this.#caller = caller
    this.#socket.write(request)
  }

  #take(length: number): void {
    if (this.#left === 0) {
      const text = shared.toString('latin1', 0, length)
      const head = text.indexOf('\r\n\r\n') + 4
      this.#left = head + Number.parseInt(text.slice(text.indexOf('Content-Length: ') + 16), 10)
    }
    this.#left -= length
    this.#caller?.write(Buffer.from(shared.subarray(0, length)))
  }
}
