import type { IncomingMessage } from 'node:http'
import { authserverFaults } from '../fault.ts'

const OF_OWN_PAGE = { bytes: 8192, fields: 24 }
const FORM_TYPE = 'application/x-www-form-urlencoded'

/** The fields of a form, each once; as much as a page of ours sends. Faults: `form-unreadable`, `body-too-large`. */
export async function readForm(
  request: IncomingMessage,
  { bytes, fields: most } = OF_OWN_PAGE,
): Promise<ReadonlyMap<string, string>> {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if (type !== FORM_TYPE) throw authserverFaults['form-unreadable']({ detail: `Send it as ${FORM_TYPE}.` })
  const fields = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(await readText(request, bytes))) {
    if (fields.has(name) || fields.size === most) throw authserverFaults['form-unreadable']()
    fields.set(name, value)
  }
  return fields
}

async function readText(request: IncomingMessage, most: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > most) throw authserverFaults['body-too-large']()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
