import { readFileSync } from 'node:fs'
import type { System } from './system.ts'

/** A secret that the system left in its home folder for the people who try it. */
export function sampleSecret(system: System, kind: 'secret' | 'password', name: string): string {
  return readFileSync(`${system.home}/credentials/hmart/${name}.${kind}`, 'utf8').trim()
}

export interface TokenReply {
  readonly status: number
  readonly body: Record<string, unknown>
}

/** Asks the token endpoint of HMart with client credentials (RFC 6749 §4.4). */
export async function askForToken(
  system: System,
  form: Readonly<Record<string, string>> = {},
): Promise<TokenReply> {
  const { authserver } = system.running.addresses
  const basic = Buffer.from(`stock-viewer:${sampleSecret(system, 'secret', 'stock-viewer')}`).toString(
    'base64',
  )
  const response = await fetch(`${authserver}/hmart/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${basic}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...form }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

/** A token of the stock viewer for the warehouse, with `list_items`. */
export async function stockViewerToken(system: System): Promise<string> {
  const { status, body } = await askForToken(system, { scope: 'list_items' })
  if (status !== 200) throw new Error(`no token: ${status} ${JSON.stringify(body)}`)
  return String(body.access_token)
}

export interface Called {
  readonly status: number
  readonly headers: Headers
  readonly decision: string
  readonly body: unknown
}

/** Calls the warehouse through the gateway. */
export async function callWarehouse(
  system: System,
  method: string,
  path: string,
  options: {
    readonly token?: string
    readonly body?: unknown
    readonly headers?: Readonly<Record<string, string>>
  } = {},
): Promise<Called> {
  const response = await fetch(`${system.running.addresses.gateway}/warehouse/v1${path}`, {
    method,
    headers: {
      ...(options.token && { Authorization: `Bearer ${options.token}` }),
      ...(options.body !== undefined && { 'Content-Type': 'application/json' }),
      ...options.headers,
    },
    ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
  })
  const text = await response.text()
  const isJson = (response.headers.get('content-type') ?? '').includes('json')
  return {
    status: response.status,
    headers: response.headers,
    decision: response.headers.get('portcullis-decision') ?? '',
    body: isJson ? JSON.parse(text) : text,
  }
}

/** With which names of subprotocols begin that are tokens, in the policy `websocket`. */
export const TOKEN_PREFIX = 'base64url.bearer.authorization.k8s.io.'

/** A token as a page can send it with a WebSocket: the one thing that it can set is the list of subprotocols. */
export const asProtocol = (token: string): string => TOKEN_PREFIX + Buffer.from(token).toString('base64url')
