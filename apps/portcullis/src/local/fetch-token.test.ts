import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Secret } from '@portcullis/kernel/secret'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { keptToken, tokenFaults } from './fetch-token.ts'

interface Answer {
  status: number
  body: unknown
}

describe('a token that is kept', () => {
  let server: Server
  let answer: Answer
  let asked: { authorization: string; form: URLSearchParams }[]
  let tokenUrl: string
  beforeEach(async () => {
    asked = []
    answer = { status: 200, body: { access_token: 'first', expires_in: 3600 } }
    server = createServer((request, response) => {
      void hear(request).then(() => response.writeHead(answer.status).end(JSON.stringify(answer.body)))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    tokenUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`
  })
  afterEach(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  async function hear(request: IncomingMessage): Promise<void> {
    asked.push({
      authorization: request.headers.authorization ?? '',
      form: new URLSearchParams(await text(request)),
    })
  }
  const request = (secret = 'sesame') => ({
    tokenUrl,
    client: 'an:app',
    secret: new Secret(secret),
    scope: 'a b',
  })

  test('is fetched once for all who wait, with both halves of the credential encoded', async () => {
    const token = keptToken(request('p%ss:wörd'))
    expect(await Promise.all([token(), token(), token()])).toEqual(['first', 'first', 'first'])
    expect(await token()).toBe('first')
    expect(asked).toHaveLength(1)
    expect(Buffer.from(asked[0]?.authorization.slice(6) ?? '', 'base64').toString()).toBe(
      'an%3Aapp:p%25ss%3Aw%C3%B6rd',
    )
    expect(asked[0]?.form.get('scope')).toBe('a b')
  })

  test('is fetched anew before it expires', async () => {
    answer.body = { access_token: 'short', expires_in: 20 }
    const token = keptToken(request())
    await token()
    await token()
    expect(asked).toHaveLength(2)
  })

  test('is not kept when it was refused: the next asks again', async () => {
    answer = { status: 401, body: { error: 'invalid_client', error_description: 'no such client' } }
    const token = keptToken(request())
    await expect(token()).rejects.toMatchObject({
      code: tokenFaults.refused.code,
      detail: 'invalid_client: no such client',
    })
    answer = { status: 200, body: { access_token: 'second', expires_in: 3600 } }
    expect(await token()).toBe('second')
  })

  test('says that nobody answers when nobody does', async () => {
    const token = keptToken({ ...request(), tokenUrl: 'http://127.0.0.1:9/token' })
    await expect(token()).rejects.toMatchObject({ code: tokenFaults.unreachable.code })
  })
})
