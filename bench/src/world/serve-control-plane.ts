import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { DecisionBatch } from '@portcullis/model/decision/decision-batch'
import type { Revision } from '@portcullis/model/revision'
import { CompactSign, exportJWK, generateKeyPair } from 'jose'
import type { Issuer } from './issuer.ts'

/**
 * A control plane and authorization server of the benchmark's own: they hand a gateway one signed revision, the keys of
 * an issuer, and take its decision records. There is one for each revision that is measured.
 */
export interface ControlPlane extends AsyncDisposable {
  readonly url: string
  /** The public key of its revisions, as JSON. */
  readonly revisionKey: string
  /** Decision records that were handed over. */
  decisions(): number
  /** Puts the next revision in force, in which every operation has other parameters, and tells those who listen. */
  publish(): number
  /** Signs so many revisions ahead, so that publishing them takes no time of those who are measured. */
  prepare(count: number): Promise<void>
  /** The newest that a gateway said to be in force. */
  acknowledged(): number
}

const KID = 'bench'

export async function serveControlPlane(
  issuer: Issuer,
  revisionAt: (url: string) => Revision,
): Promise<ControlPlane> {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' })
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const revision = revisionAt(url)
  const { organization, environment } = revision
  let { number } = revision
  let jws = await sign(number)
  const prepared: string[] = []
  let acknowledged = 0
  const listeners = new Set<ServerResponse>()

  function sign(next: number): Promise<string> {
    return new CompactSign(Buffer.from(JSON.stringify(changed(revision, next))))
      .setProtectedHeader({ alg: 'EdDSA', typ: 'portcullis-revision', kid: KID })
      .sign(privateKey)
  }

  let decisions = 0

  server.on('request', (request, response) => {
    answer(request, response).catch((error: Error) => response.destroy(error))
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readAll(request)
    switch (new URL(request.url ?? '/', url).pathname) {
      case '/jwks':
        return json(response, issuer.jwks)
      case '/system/token':
        return json(response, { access_token: 'bench', token_type: 'Bearer', expires_in: 3600 })
      case '/v1/gateway/environments':
        return json(response, { environments: [{ organization, environment, number }] })
      case `/v1/gateway/environments/${organization}/${environment}/revision`:
        return json(response, { number, jws })
      case '/v1/gateway/events':
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n')
        listeners.add(response)
        response.once('close', () => listeners.delete(response))
        return
      case '/v1/gateway/acknowledgements':
        acknowledged = Math.max(acknowledged, Number(JSON.parse(body).number))
        response.writeHead(204).end()
        return
      case '/v1/gateway/decisions':
        for (const { id } of JSON.parse(body) as DecisionBatch[]) decisions += id.length
        response.writeHead(204).end()
        return
      default:
        response.writeHead(204).end()
    }
  }

  return {
    url,
    revisionKey: JSON.stringify({ ...(await exportJWK(publicKey)), kid: KID, alg: 'EdDSA', use: 'sig' }),
    decisions: () => decisions,
    async prepare(count) {
      for (let i = 0; i < count; i++) prepared.push(await sign(number + prepared.length + 1))
    },
    publish() {
      const next = prepared.shift()
      if (next === undefined) throw new Error('no revision is prepared')
      jws = next
      number++
      const notice = JSON.stringify({ organization, environment, number })
      for (const each of listeners) each.write(`event: revision\ndata: ${notice}\n\n`)
      return number
    },
    acknowledged: () => acknowledged,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** The same paths lead to operations that are all of them other ones. */
function changed(revision: Revision, number: number): Revision {
  const apis = revision.apis.map((api) => ({
    ...api,
    operations: api.operations.map((each) => ({ ...each, id: `${each.id}.${number}` })),
  }))
  return { ...revision, number, apis }
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

async function readAll(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}
