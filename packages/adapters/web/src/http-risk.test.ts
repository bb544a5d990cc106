import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Secret } from '@portcullis/kernel/secret'
import { facts, riskContract } from '@portcullis/ports/risk/contract'
import { riskEngineFaults } from '@portcullis/ports/risk/port'
import { afterAll, describe, expect, it } from 'vitest'
import { openHttpRisk } from './http-risk.ts'
import { openHttp1Web } from './http1-web.ts'

const web = openHttp1Web()
const asked: { readonly authorization: string | undefined; readonly body: unknown }[] = []
const answer = { status: 200, text: '' }

const engine = createServer(async (request, response) => {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  const body: unknown = JSON.parse(Buffer.concat(pieces).toString())
  asked.push({ authorization: request.headers.authorization, body })
  response.writeHead(answer.status).end(answer.text)
})
await new Promise<void>((resolve) => engine.listen(0, '127.0.0.1', resolve))
const url = `http://127.0.0.1:${(engine.address() as AddressInfo).port}/assess`

afterAll(() => {
  web.close()
  engine.close().closeAllConnections()
})

const open = () => openHttpRisk(web, { url, token: new Secret('t0ken'), timeoutMillis: 2_000 })

riskContract('http', (risk) => {
  Object.assign(answer, { status: 200, text: JSON.stringify({ risk }) })
  return open()
})

describe('openHttpRisk', () => {
  it('shows who asks and tells what is known', async () => {
    Object.assign(answer, { status: 200, text: '{"risk": 7, "because": ["new device"]}' })
    expect(await open().assess({ ...facts, country: undefined })).toBe(7)
    expect(asked.at(-1)).toEqual({
      authorization: 'Bearer t0ken',
      body: {
        organization: 'hmart',
        occasion: 'call',
        at: '2026-01-01T00:00:00.000Z',
        address: '192.0.2.1',
        subject: 'ada',
      },
    })
  })

  it.each([
    [500, '{"risk": 0}'],
    [204, ''],
    [200, 'risk: 0'],
    [200, '{"risk": 0, "risk": 90}'],
    [200, `{"risk": 0, "pad": "${'x'.repeat(5_000)}"}`],
  ])('takes %d with %s for no answer', async (status, text) => {
    Object.assign(answer, { status, text })
    await expect(open().assess(facts)).rejects.toSatisfy((thrown) => riskEngineFaults.unavailable.is(thrown))
  })

  it.each([undefined, 'http://127.0.0.1:9/'])('rejects where nobody answers: %s', async (to) => {
    await expect(
      openHttpRisk(web, to === undefined ? undefined : { url: to, timeoutMillis: 500 }).assess(facts),
    ).rejects.toSatisfy((thrown) => riskEngineFaults.unavailable.is(thrown))
  })
})
