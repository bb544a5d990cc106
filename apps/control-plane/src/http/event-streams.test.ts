import type { RevisionNotice } from '@portcullis/api-client/route/bundle'
import { Hono } from 'hono'
import { afterEach, describe, expect, it } from 'vitest'
import { EventStreams } from './event-streams.ts'

/** A control plane that says what a test says. */
function source() {
  const listeners = new Set<(notice: RevisionNotice) => void>()
  return {
    listeners,
    publish: (organization: string, number: number) => {
      for (const listener of listeners) listener({ organization, environment: 'production', number })
    },
    onNews: () => () => undefined,
    onRevision(listener: (notice: RevisionNotice) => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

let streams: EventStreams | undefined

afterEach(() => streams?.close())

function open(options: ConstructorParameters<typeof EventStreams>[1]) {
  const controlPlane = source()
  const opened = new EventStreams(controlPlane, options)
  streams = opened
  const app = new Hono().get('/', (c) => opened.respond(c))
  app.onError((thrown) => new Response(thrown.message, { status: 503 }))
  return { app, controlPlane }
}

/** Reads until a text was seen, and answers with all that came. */
async function readUntil(response: Response, wanted: string): Promise<string> {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  while (reader !== undefined && !text.includes(wanted)) {
    const { done, value } = await reader.read()
    if (done) break
    text += decoder.decode(value, { stream: true })
  }
  await reader?.cancel()
  return text
}

describe('an event stream', () => {
  it('keeps the connection alive with comments', async () => {
    const { app } = open({ heartbeatMillis: 10 })
    const response = await app.request('/')
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    expect(await readUntil(response, ': heartbeat\n\n')).toContain(': listening\n\n')
  })

  it('tells a slow reader only the newest revision, and nothing of the installation itself', async () => {
    const { app, controlPlane } = open({})
    const response = await app.request('/')
    controlPlane.publish('system', 9)
    for (let number = 1; number <= 5; number++) controlPlane.publish('hmart', number)
    const text = await readUntil(response, '"number":5}')
    expect(text.match(/event: revision/g)).toHaveLength(1)
    expect(text).not.toContain('system')
  })

  it('refuses more than it was made for, and takes another when one has gone', async () => {
    const { app, controlPlane } = open({ maxStreams: 1, heartbeatMillis: 5 })
    const first = await app.request('/')
    expect((await app.request('/')).status).toBe(503)
    await readUntil(first, 'listening')
    await expect.poll(() => controlPlane.listeners.size).toBe(0)
    expect((await app.request('/')).status).toBe(200)
  })
})
