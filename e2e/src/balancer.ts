import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface Balancer extends AsyncDisposable {
  readonly url: string
  /** From now on this one is asked first, also by those who have a connection. */
  prefer(port: number): void
}

/** One address for several servers of this machine: who does not answer is passed over for the next. */
export async function openBalancer(ports: readonly number[]): Promise<Balancer> {
  let order = [...ports]
  const open = new Set<Socket>()
  const server = createServer((client) => {
    hold(client)
    client.pause()
    void reach(order).then((upstream) => {
      if (upstream === undefined) return client.destroy()
      client.pipe(upstream).pipe(client)
      client.on('close', () => upstream.destroy())
      upstream.on('close', () => client.destroy())
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    prefer(port) {
      order = [port, ...ports.filter((each) => each !== port)]
      for (const socket of open) socket.destroy()
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }

  function hold(socket: Socket): void {
    open.add(socket)
    socket.on('error', () => {}).on('close', () => open.delete(socket))
  }

  async function reach(candidates: readonly number[]): Promise<Socket | undefined> {
    for (const port of candidates) {
      const socket = connect(port, '127.0.0.1')
      hold(socket)
      const isThere = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true)).once('close', () => resolve(false))
      })
      if (isThere) return socket
    }
    return undefined
  }
}
