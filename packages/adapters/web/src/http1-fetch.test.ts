import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { giveUp, readText } from '@portcullis/kernel/fetch'
import { afterEach, describe, expect, it } from 'vitest'
import { openHttp1Fetch } from './http1-fetch.ts'

const opened: (() => void)[] = []
afterEach(() => {
  for (const close of opened.splice(0)) close()
})

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  opened.push(() => server.close().closeAllConnections())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function fetchHere() {
  const own = openHttp1Fetch()
  opened.push(own.close)
  return own.fetch
}

describe('openHttp1Fetch', () => {
  it('sends method, path, fields and body, and gives the answer back piece by piece', async () => {
    const url = await serve(async (request, response) => {
      let body = ''
      for await (const piece of request) body += piece
      response.writeHead(201)
      response.write(`${request.method} ${request.url} ${request.headers['x-a']} `)
      response.end(body)
    })
    const answer = await fetchHere()(`${url}/a?b=c`, {
      ...{ method: 'POST', headers: { 'X-A': 'x' }, body: 'text', redirect: 'error' },
      signal: AbortSignal.timeout(5_000),
    })
    expect(answer.status).toBe(201)
    expect(await readText(answer, 100)).toBe('POST /a?b=c x text')
  })

  it('rejects with the reason for which it was ended, before the answer and within it', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/begun') response.writeHead(200).write('begun')
    })
    const fetch = fetchHere()
    const reason = new Error('enough')
    const stop = new AbortController()
    const silent = fetch(`${url}/silent`, { redirect: 'error', signal: stop.signal })
    const begun = await fetch(`${url}/begun`, { redirect: 'error', signal: stop.signal })
    const reading = readText(begun, 100)
    stop.abort(reason)
    await expect(silent).rejects.toBe(reason)
    await expect(reading).rejects.toBe(reason)
    await expect(fetch(`${url}/late`, { redirect: 'error', signal: stop.signal })).rejects.toBe(reason)
  })

  it('follows no redirect: it is an error, or an answer like others', async () => {
    const asked: (string | undefined)[] = []
    const url = await serve((request, response) => {
      asked.push(request.url)
      response.writeHead(302, { location: '/elsewhere' }).end('moved')
    })
    const fetch = fetchHere()
    const { signal } = new AbortController()
    await expect(fetch(`${url}/a`, { redirect: 'error', signal })).rejects.toThrow('302')
    const answer = await fetch(`${url}/b`, { redirect: 'manual', signal })
    expect(answer.status).toBe(302)
    await giveUp(answer)
    expect(asked).toEqual(['/a', '/b'])
  })

  it('says that an answer is longer than it may be', async () => {
    const url = await serve((_, response) => response.end('x'.repeat(1_000)))
    const answer = await fetchHere()(url, { redirect: 'error', signal: new AbortController().signal })
    await expect(readText(answer, 999)).rejects.toThrow(RangeError)
  })
})
