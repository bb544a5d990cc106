import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserIsMissing, openBrowser } from '../src/browser.ts'
import { askForToken } from '../src/caller.ts'
import { apiDeclaration, contractText, offerText } from '../src/declaration.ts'
import { type System, startSystem } from '../src/system.ts'

const offer = offerText('see_things')

/** The things can be added to as well. */
const contract = contractText().replace(
  'components:',
  `    post:
      operationId: addThing
      security: [{ main: [see_things] }]
      responses:
        '201': { description: Added. }
components:`,
)

interface Seen {
  readonly method: string
  readonly cookie: string | undefined
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // The name by which the gateway is called too: to a browser both are one site.
  return `http://localhost:${(server.address() as AddressInfo).port}`
}

/** An empty page on an origin of its own. */
function openSite(): Server {
  return createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<!doctype html>'))
}

/** What a page makes of a call: the reply as far as it can read it, or that the browser hid it. */
interface Outcome {
  readonly status?: number
  readonly text?: string
  readonly decision?: string | null
  readonly hidden?: boolean
}

interface Sending {
  readonly method?: string
  readonly body?: string
  readonly headers?: Record<string, string>
  readonly credentials?: 'include'
  readonly mode?: 'no-cors'
}

function callFrom(page: Page, url: string, init: Sending = {}): Promise<Outcome> {
  return page.evaluate(
    async ([address, options]) => {
      try {
        const reply = await fetch(address, options)
        const decision = reply.headers.get('portcullis-decision')
        return { status: reply.status, text: await reply.text(), decision }
      } catch {
        return { hidden: true }
      }
    },
    [url, init] as const,
  )
}

describe.skipIf(browserIsMissing)('a page of another origin', () => {
  let system: System
  let browser: Browser
  let friend: Page
  let stranger: Page
  let token: string
  const servers: Server[] = []
  const seen: Seen[] = []

  beforeAll(async () => {
    const backend = createServer((request, response) => {
      seen.push({ method: request.method ?? '', cookie: request.headers.cookie })
      response.setHeader('Access-Control-Allow-Origin', '*').end('things')
    })
    const sites = [openSite(), openSite()]
    servers.push(backend, ...sites)
    const [upstream = '', friendly = '', strange = ''] = await Promise.all(servers.map(listen))
    const policies = `      policies:
        - policy: cors
          config: { origins: [${friendly}], credentials: true, methods: [GET, POST] }
        - policy: csrf
          config: { origins: [${friendly}], tokenCookie: session }
`
    system = await startSystem()
    await system.running.controlPlane?.apply(
      {
        'things.yaml': apiDeclaration('things', upstream) + policies + offer,
        'things.openapi.yaml': contract,
      },
      { actor: 'test' },
    )
    const resource = `${system.running.addresses.gateway}/things/v1`
    token = String((await askForToken(system, { resource, scope: 'see_things' })).body.access_token)
    browser = await openBrowser()
    friend = await browser.newPage()
    await friend.goto(friendly)
    stranger = await browser.newPage()
    await stranger.goto(strange)
  })

  afterAll(async () => {
    await browser?.close()
    await system?.[Symbol.asyncDispose]()
    for (const server of servers) server.close()
  })

  const things = () => `${system.running.addresses.gateway}/things/v1/things`
  const bearer = () => ({ headers: { Authorization: `Bearer ${token}` } })

  test('that is allowed calls, and reads the reply and its decision', async () => {
    expect(await callFrom(friend, things(), bearer())).toEqual({
      status: 200,
      text: 'things',
      decision: expect.stringMatching(/^dec_/),
    })
  })

  test('that is allowed can read why it was refused', async () => {
    const refused = await callFrom(friend, things())
    expect(refused).toMatchObject({ status: 401, decision: expect.stringMatching(/^dec_/) })
    expect(JSON.parse(refused.text ?? '')).toMatchObject({ code: expect.stringMatching(/^scope\./) })
  })

  test('that is not allowed is stopped by its browser, before the backend hears of it', async () => {
    const before = seen.length
    expect(await callFrom(stranger, things(), bearer())).toEqual({ hidden: true })
    expect(seen).toHaveLength(before)
  })

  test('acts for its visitor with the token of a cookie only if it may', async () => {
    const url = system.running.addresses.gateway
    for (const page of [friend, stranger]) {
      await page.context().addCookies([
        { name: 'session', value: token, url, httpOnly: true, sameSite: 'Lax' },
        { name: 'theme', value: 'dark', url },
      ])
    }
    const before = seen.length
    // No question is asked before such a call, and the browser sends the cookie: both pages are of one site.
    const forged = { method: 'POST', body: 'x', credentials: 'include', mode: 'no-cors' } as const
    const answered = stranger.waitForResponse((reply) => reply.request().method() === 'POST')
    await callFrom(stranger, things(), forged)
    expect((await answered).status()).toBe(403)
    expect(seen).toHaveLength(before)
    const meant = await callFrom(friend, things(), { method: 'POST', body: 'x', credentials: 'include' })
    expect(meant).toMatchObject({ status: 200, text: 'things' })
    expect(seen.slice(before)).toEqual([{ method: 'POST', cookie: 'theme=dark' }])
  })
})
