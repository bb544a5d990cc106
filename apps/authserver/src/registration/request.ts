import type { IncomingMessage } from 'node:http'
import { parseStrictObject } from '@portcullis/kernel/strict-json'
import { authserverFaults } from '../fault.ts'
import { badMetadata } from './fault.ts'

const MOST_BYTES = 32 * 1024
const MOST_TOKEN_CHARACTERS = 256

/** The body as an object. Fault: `authserver.body-too-large`. */
export async function readMetadata(request: IncomingMessage): Promise<Record<string, unknown>> {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/json') throw badMetadata('send it as application/json')
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MOST_BYTES) throw authserverFaults['body-too-large']()
    chunks.push(chunk)
  }
  const metadata = parseStrictObject(Buffer.concat(chunks))
  if (metadata === undefined) throw badMetadata('the body is no JSON object, or names something twice')
  return metadata
}

/** The bearer token (RFC 6750 §2.1). */
export function bearerToken({ headers }: IncomingMessage): string | undefined {
  const token = /^bearer ([\w~+/.-]+=*)$/i.exec(headers.authorization ?? '')?.[1]
  return token !== undefined && token.length <= MOST_TOKEN_CHARACTERS ? token : undefined
}
