import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Sends these bytes and gives back all that comes until the other side closes, or until there is nothing for a while. */
export async function exchangeRaw(port: number, text: string, quietMillis = 1_500): Promise<string> {
  const socket = await openRaw(port)
  socket.write(text, 'latin1')
  return readRaw(socket, quietMillis)
}

export async function openRaw(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

export async function readRaw(socket: Socket, quietMillis: number): Promise<string> {
  let received = ''
  socket.setEncoding('latin1')
  socket.setTimeout(quietMillis, () => socket.destroy())
  socket.on('data', (chunk: string) => {
    received += chunk
  })
  // A reset after the reply is as good as an end.
  socket.on('error', () => socket.destroy())
  await once(socket, 'close')
  return received
}
