import type { IncomingMessage } from 'node:http'
import { authserverFaults } from '../fault.ts'

const MAX_BYTES = 8192
const MAX_FIELDS = 16
const FORM_TYPE = 'application/x-www-form-urlencoded'

/** The fields of a form that a page of ours sent, each once. Faults: `form-unreadable`, `body-too-large`. */
export async function readForm(request: IncomingMessage): Promise<ReadonlyMap<string, string>> {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if (type !== FORM_TYPE) throw authserverFaults['form-unreadable']({ detail: `Send it as ${FORM_TYPE}.` })
  const fields = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(await readText(request))) {
    if (fields.has(name) || fields.size === MAX_FIELDS) throw authserverFaults['form-unreadable']()
    fields.set(name, value)
  }
  return fields
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BYTES) throw authserverFaults['body-too-large']()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
