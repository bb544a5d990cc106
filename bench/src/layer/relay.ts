import { connect, createServer, type Socket } from 'node:net'
import { Outlet } from '@portcullis/http1/outlet'
import { readInto } from '@portcullis/http1/server/read-into'

/**
 * The least that sockets of Node allow, read and written as the engine does: bytes of a caller go to a connection that is
 * kept, and what comes goes back. It knows nothing of HTTP but where the length of a reply stands; it has no limits, no
 * times and no fields of its own.
 */
export function listenRelay(upstreamPort: number, ready: (port: number) => void): void {
  const idle: Backend[] = []
  const server = createServer({ noDelay: true }, (caller) => {
    caller.on('error', () => caller.destroy())
    const reply = new Outlet(caller, () => undefined)
    const take = (bytes: Buffer): void => {
      const backend = idle.pop() ?? new Backend(upstreamPort, idle)
      backend.carry(bytes, caller, reply)
    }
    if (!readInto(caller, take)) caller.on('data', take)
  })
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => {
    const address = server.address()
    if (address !== null && typeof address === 'object') ready(address.port)
  })
}

const shared = Buffer.allocUnsafeSlow(65_536)

class Backend {
  readonly #socket: Socket
  readonly #request: Outlet
  #caller: Socket | undefined
  #reply: Outlet | undefined
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
    this.#request = new Outlet(this.#socket, () => undefined)
    this.#socket.on('error', () => this.#caller?.destroy())
  }

  carry(request: Buffer, caller: Socket, reply: Outlet): void {
    this.#caller = caller
    this.#reply = reply
    this.#request.write(request.toString('latin1'))
  }

  #take(length: number): void {
    const text = shared.toString('latin1', 0, length)
    if (this.#left === 0) {
      const head = text.indexOf('\r\n\r\n') + 4
      this.#left = head + Number.parseInt(text.slice(text.indexOf('Content-Length: ') + 16), 10)
    }
    this.#left -= length
    this.#reply?.write(text)
  }
}
