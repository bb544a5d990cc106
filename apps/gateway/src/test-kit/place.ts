import { once } from 'node:events'
import { type RequestOptions, request } from 'node:http'
import type { Attachment } from '@portcullis/model/attachment'
import { type Backend, openBackend, readAll } from './backend.ts'
import { type Front, openFront, shopRevision } from './front.ts'

type Limits = Parameters<typeof openFront>[1]
/** A backend and a gateway in front of it. */
export interface Place extends AsyncDisposable {
  readonly backend: Backend
  readonly front: Front
}

export async function openPlace(
  listener?: Parameters<typeof openBackend>[0],
  limits: Limits = {},
  policies = [] as Attachment[],
): Promise<Place> {
  const backend = await openBackend(listener)
  const front = await openFront([shopRevision(`${backend.url}/base/`, { policies })], limits)
  return {
    backend,
    front,
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]()
      await backend.close()
    },
  }
}

export interface Answer {
  readonly status: number
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
}

/** A call by node's own client: no field is added or hidden. */
export function call(
  front: Front,
  path: string,
  options: RequestOptions = {},
  body?: Buffer | (() => AsyncGenerator<Buffer>),
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${front.url}${path}`, { agent: false, ...options }, (answer) => {
      readAll(answer).then(
        (bytes) => resolve({ status: answer.statusCode ?? 0, rawHeaders: answer.rawHeaders, body: bytes }),
        reject,
      )
    })
    sent.on('error', reject)
    if (typeof body === 'function') sendAll(sent, body()).catch(reject)
    else sent.end(body)
  })
}

async function sendAll(sent: NodeJS.WritableStream, chunks: AsyncGenerator<Buffer>): Promise<void> {
  for await (const chunk of chunks) if (!sent.write(chunk)) await once(sent, 'drain')
  sent.end()
}
