import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Warehouse } from './stock.ts'

/**
 * HMart's backend: it knows nothing of tokens. Who calls is what the gateway says in `X-Caller-App` and
 * `X-Caller-User`; so it must be reachable by the gateway alone.
 */
export interface RunningWarehouse {
  readonly url: string
  close(): Promise<void>
}

export async function startWarehouse(options: { host: string; port: number }): Promise<RunningWarehouse> {
  const warehouse = new Warehouse()
  const server = createServer((request, response) => {
    answer(warehouse, request, response).catch(() => send(response, 500, { error: 'the warehouse stumbled' }))
  })
  await listen(server, options)
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${options.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, options: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => resolve())
  })
}

async function answer(
  warehouse: Warehouse,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] as string
  const [, collection, id, ...rest] = path.split('/')
  if (rest.length > 0) return send(response, 404, { error: 'not found' })
  // What answers GET answers HEAD, and Node leaves the content out (RFC 9110 §9.3.2).
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const route = `${method} ${collection}${id === undefined ? '' : '/:id'}`
  if (route === 'GET health') return send(response, 200, { status: 'ok' })
  if (route === 'GET items') return send(response, 200, warehouse.items())
  if (route === 'GET items/:id') return found(response, warehouse.item(decodeURIComponent(id as string)))
  if (route === 'GET orders/:id') return found(response, warehouse.order(decodeURIComponent(id as string)))
  if (route === 'POST orders') return placeOrder(warehouse, request, response)
  send(response, 404, { error: 'not found' })
}

async function placeOrder(
  warehouse: Warehouse,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const wanted = parseOrder(await readText(request, 10_000))
  if (wanted === undefined) return send(response, 400, { error: 'an order is {"item": "…", "quantity": 1}' })
  const caller = request.headers['x-caller-user'] ?? request.headers['x-caller-app'] ?? 'unknown'
  const result = warehouse.place(wanted.item, wanted.quantity, String(caller))
  if ('order' in result) return send(response, 201, result.order)
  send(response, result.problem === 'unknown-item' ? 404 : 409, { error: result.problem })
}

function parseOrder(text: string | undefined): { item: string; quantity: number } | undefined {
  if (text === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { item, quantity } = value as Record<string, unknown>
  if (typeof item !== 'string' || !Number.isSafeInteger(quantity) || (quantity as number) < 1)
    return undefined
  return { item, quantity: quantity as number }
}

/** `undefined` when there is more than the limit. */
async function readText(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function found(response: ServerResponse, thing: unknown): void {
  if (thing === undefined) send(response, 404, { error: 'not found' })
  else send(response, 200, thing)
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(`${JSON.stringify(value)}\n`)
}
