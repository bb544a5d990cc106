import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceError,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stockViewerToken } from '../src/caller.ts'
import { portcullis } from '../src/command.ts'
import { apiDeclaration, writeFiles } from '../src/declaration.ts'
import { type System, startSystem } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

const toBytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const fromBytes = (bytes: Buffer): unknown => JSON.parse(bytes.toString())

const methods = ['Price', 'Follow', 'Count', 'Chat', 'Fail', 'Sleep', 'Secret'] as const

function method(name: string, requestStream: boolean, responseStream: boolean) {
  return {
    path: `/shop.Prices/${name}`,
    requestStream,
    responseStream,
    requestSerialize: toBytes,
    requestDeserialize: fromBytes,
    responseSerialize: toBytes,
    responseDeserialize: fromBytes,
  }
}

/** The backend: an official server, which knows nothing of a gateway. */
async function openBackend(): Promise<{ server: Server; port: number; cancelled: () => number }> {
  const server = new Server()
  let cancelled = 0
  const price = (call: ServerUnaryCall<unknown, unknown>, done: sendUnaryData<unknown>): void => {
    const trailers = new Metadata()
    trailers.set('checked-bin', Buffer.from([0, 255]))
    call.sendMetadata(Metadata.fromHttp2Headers({ 'shop-desk': String(call.metadata.get('shop-desk')[0]) }))
    done(null, { of: call.request, cents: 499 }, trailers)
  }
  server.addService(
    {
      Price: method('Price', false, false),
      Follow: method('Follow', false, true),
      Count: method('Count', true, false),
      Chat: method('Chat', true, true),
      Fail: method('Fail', false, false),
      Sleep: method('Sleep', false, false),
    },
    {
      Price: price,
      Follow(call: ServerWritableStream<unknown, unknown>) {
        for (let i = 0; i < 100; i++) call.write({ i })
        call.end()
      },
      Count(call: ServerReadableStream<unknown, unknown>, done: sendUnaryData<unknown>) {
        let count = 0
        call.on('data', () => count++)
        call.on('end', () => done(null, { count }))
      },
      Chat(call: ServerDuplexStream<unknown, unknown>) {
        call.on('data', (message) => call.write({ heard: message }))
        call.on('end', () => call.end())
      },
      Fail(_: unknown, done: sendUnaryData<unknown>) {
        done({ code: status.ALREADY_EXISTS, details: 'es gibt schon 100 % größere' })
      },
      Sleep(call: ServerUnaryCall<unknown, unknown>) {
        call.on('cancelled', () => cancelled++)
      },
    },
  )
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  )
  return { server, port, cancelled: () => cancelled }
}

const contract = `
openapi: 3.1.0
info: { title: Prices, version: 1.0.0 }
paths:
${methods
  .map(
    (name) => `  /${name}:
    post:
      operationId: ${name}
      security: ${name === 'Secret' ? '[{ main: [see_prices] }]' : '[]'}
      responses:
        '200': { description: Messages. }`,
  )
  .join('\n')}
components:
  securitySchemes:
    main:
      type: oauth2
      flows:
        clientCredentials:
          tokenUrl: https://auth.example/token
          scopes: { see_prices: See prices }
`

describe('a service of gRPC behind the gateway', () => {
  const folder = temporaryFolder()
  let system: System
  let backend: Awaited<ReturnType<typeof openBackend>>
  let client: Client
  beforeAll(async () => {
    system = await startSystem({ PORTCULLIS_GATEWAY_HTTP2: 'cleartext' })
    backend = await openBackend()
    const upstream = `{ protocol: http2, targets: [{ url: 'http://127.0.0.1:${backend.port}/shop.Prices' }] }`
    writeFiles(folder.path, {
      'prices.yaml': apiDeclaration('prices', 'UPSTREAM')
        .replace("'UPSTREAM'", upstream)
        .replace('/prices/v1', '/shop.Prices'),
      'prices.openapi.yaml': contract,
    })
    expect(await portcullis(system.environment, 'apply', '-f', folder.path)).toMatchObject({ code: 0 })
    client = new Client(new URL(system.running.addresses.gateway).host, credentials.createInsecure())
  })
  afterAll(async () => {
    client?.close()
    backend?.server.forceShutdown()
    await system?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  interface Asked {
    readonly code: number
    readonly details: string
    readonly answer: unknown
    readonly metadata: Metadata
    readonly trailers: Metadata
  }

  function ask(
    name: string,
    metadata = new Metadata(),
    deadlineMillis?: number,
    path = `/shop.Prices/${name}`,
  ) {
    return new Promise<Asked>((resolve) => {
      let answer: unknown
      let heads = new Metadata()
      const options = deadlineMillis === undefined ? {} : { deadline: Date.now() + deadlineMillis }
      const done = (_: ServiceError | null, value?: unknown): void => {
        answer = value
      }
      const call = client.makeUnaryRequest(path, toBytes, fromBytes, 'rice', metadata, options, done)
      call.on('metadata', (each) => {
        heads = each
      })
      call.on('status', (each) =>
        setImmediate(() =>
          resolve({
            code: each.code,
            details: each.details,
            answer,
            metadata: heads,
            trailers: each.metadata,
          }),
        ),
      )
    })
  }

  test('answers one message with one, with what goes along before and after', async () => {
    const metadata = new Metadata()
    metadata.set('shop-desk', '7')
    // The revision is in force a moment after it was published.
    await expect.poll(async () => (await ask('Price')).code).toBe(status.OK)
    const { answer, ...asked } = await ask('Price', metadata)
    expect(answer).toEqual({ of: 'rice', cents: 499 })
    expect(asked.metadata.get('shop-desk')).toEqual(['7'])
    expect(String(asked.metadata.get('portcullis-decision')[0])).toMatch(/^dec_/)
    expect(asked.trailers.get('checked-bin')).toEqual([Buffer.from([0, 255])])
  })

  test('answers one message with many', async () => {
    const call = client.makeServerStreamRequest('/shop.Prices/Follow', toBytes, fromBytes, 'rice')
    const heard: unknown[] = []
    for await (const message of call) heard.push(message)
    expect(heard).toHaveLength(100)
  })

  test('answers many messages with one', async () => {
    const counted = await new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, value?: unknown) =>
        error === null ? resolve(value) : reject(error)
      const call = client.makeClientStreamRequest('/shop.Prices/Count', toBytes, fromBytes, done)
      for (let i = 0; i < 50; i++) call.write({ i })
      call.end()
    })
    expect(counted).toEqual({ count: 50 })
  })

  test('talks both ways at once, and hears when the caller has said all', async () => {
    const call = client.makeBidiStreamRequest('/shop.Prices/Chat', toBytes, fromBytes)
    const messages = call[Symbol.asyncIterator]()
    for (const word of ['one', 'two']) {
      call.write(word)
      expect((await messages.next()).value).toEqual({ heard: word })
    }
    call.end()
    expect((await messages.next()).done).toBe(true)
  })

  test('fails in its own words', async () => {
    const { code, details } = await ask('Fail')
    expect({ code, details }).toEqual({ code: status.ALREADY_EXISTS, details: 'es gibt schon 100 % größere' })
  })

  test('is given up when the time of the caller is over', async () => {
    const before = backend.cancelled()
    expect((await ask('Sleep', undefined, 150)).code).toBe(status.DEADLINE_EXCEEDED)
    await expect.poll(() => backend.cancelled()).toBe(before + 1)
  })

  test('is refused in words of gRPC: without a token, with one that may not, and where there is nothing', async () => {
    const secret = await ask('Secret')
    expect(secret.code).toBe(status.UNAUTHENTICATED)
    expect(
      String([...secret.metadata.get('www-authenticate'), ...secret.trailers.get('www-authenticate')]),
    ).toMatch(/^Bearer/)
    const metadata = new Metadata()
    metadata.set('authorization', `Bearer ${await stockViewerToken(system)}`)
    const order = await ask('', metadata, undefined, '/warehouse/v1/orders')
    expect(order.code).toBe(status.PERMISSION_DENIED)
    expect((await ask('Nothing')).code).toBe(status.UNIMPLEMENTED)
  })

  test('that is not there is unavailable', async () => {
    backend.server.forceShutdown()
    expect((await ask('Price')).code).toBe(status.UNAVAILABLE)
  })
})
