import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { discardBody } from '@portcullis/policy-kit/body-ahead'
import type { Body, Reply } from '@portcullis/policy-kit/reply'
import type { RequestBody } from './node-request.ts'

/** One request of node:http and the means to answer it. */
export interface Conversation {
  readonly message: IncomingMessage
  readonly response: ServerResponse
  readonly body: RequestBody | undefined
  readonly lingerMillis: number
}

/** Sends a reply. Rejects when it had to be cut off in the middle: the connection is then gone. */
export function sendReply(reply: Reply, conversation: Conversation): void | Promise<void> {
  const { message, response, body } = conversation
  if (response.destroyed) return discardBody(reply.body)
  if (body !== undefined && !message.complete) return sendEarly(reply, conversation)
  return sendNow(reply, message, response)
}

function sendNow(reply: Reply, message: IncomingMessage, response: ServerResponse): void | Promise<void> {
  const content = writeHead(reply, message, response)
  if (content instanceof Uint8Array) {
    response.end(content)
    return
  }
  if (content === undefined) {
    response.end()
    return discardBody(reply.body)
  }
  return stream(content, response).then(() => void response.end())
}

/**
 * Answers a request of which a part is still on its way. The connection is not used again, and for a while the rest
 * is read and thrown away: closing on unread bytes would reset the connection and could take the reply with it
 * (RFC 9112 §9.6).
 */
async function sendEarly(reply: Reply, conversation: Conversation): Promise<void> {
  const { message, response, body, lingerMillis } = conversation
  const awaited = body?.isAwaited === true
  if (reply.body === undefined || reply.body instanceof Uint8Array) {
    if (!awaited) body?.throwAway()
    // A short body came with the head; the parser gets to it when this turn is over.
    await new Promise((resolve) => setImmediate(resolve))
    if (response.destroyed) return
    if (message.complete) return sendNow(reply, message, response)
  }
  response.shouldKeepAlive = false
  const content = writeHead(reply, message, response)
  if (content instanceof Uint8Array) response.write(content)
  else if (content !== undefined) await stream(content, response)
  if (!awaited && !message.complete) {
    response.flushHeaders()
    body?.throwAway()
    const enough = new AbortController()
    const { signal } = enough
    const ends = [
      once(message, 'end', { signal }),
      once(message, 'close', { signal }),
      sleep(lingerMillis, undefined, { signal }),
    ]
    await Promise.race(ends)
    enough.abort()
    await Promise.allSettled(ends)
  }
  response.end()
}

/** Writes the head and gives back what is to follow it: nothing to HEAD and with 204 and 304 (RFC 9110 §6.4.1). */
function writeHead(reply: Reply, message: IncomingMessage, response: ServerResponse): Body | undefined {
  const { status, headers, body } = reply
  const isBodiless = status === 204 || status === 304
  if (body instanceof Uint8Array && !isBodiless) headers.set('Content-Length', String(body.byteLength))
  if (body === undefined && !isBodiless && message.method !== 'HEAD') headers.set('Content-Length', '0')
  response.strictContentLength = !isBodiless && message.method !== 'HEAD'
  // Only read by node.
  response.writeHead(status, headers.flat() as string[])
  return isBodiless || message.method === 'HEAD' ? undefined : body
}

/** Sends piece by piece, no faster than the caller reads and no later than each piece comes. */
async function stream(body: AsyncIterable<Uint8Array>, response: ServerResponse): Promise<void> {
  response.flushHeaders()
  for await (const chunk of body) {
    if (response.destroyed) return
    if (!response.write(chunk)) await drained(response)
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      response.off('drain', settle).off('close', settle)
      resolve()
    }
    response.on('drain', settle).on('close', settle)
  })
}
