import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TestBrowser } from '@portcullis/authserver/test-browser'
import { makeAuthority } from '@portcullis/http1/fixture/make-certificate'
import { compactDecrypt, decodeJwt, exportJWK, generateKeyPair } from 'jose'
import { writeFiles } from './declaration.ts'

const APPROVED_TOKEN = 'urn:portcullis:params:oauth:grant-type:approved-token'
const SCOPE_REQUEST = 'urn:portcullis:params:oauth:grant-type:scope-request'
/** No connection is kept: each request goes to the machine that answers then. */
const ALONE = { connection: 'close' }

type Answer = Readonly<Record<string, unknown>>

/** What people and apps have begun when a machine dies, and what must have become of it once another has gone on. */
export interface UnderWay extends AsyncDisposable {
  /** The authority of the app's own address, for whoever calls it. */
  readonly authority: { readonly certificate: string; readonly file: string }
  /** The folder with what is to be applied. */
  readonly declared: string
  /** Ends in the middle of deliveries that the app does not answer. */
  begin(issuer: string): Promise<void>
  /** All of it came to its end: nothing was lost, and nothing came as two. */
  demandWhole(issuer: string): Promise<void>
}

export interface UnderWayOptions {
  /** For files of its own. */
  readonly folder: string
  /** Where the sample has left its secrets; read when it begins. */
  readonly credentials: string
  /** Of the warehouse. */
  readonly audience: string
}

/** The stock viewer asks for tokens that Alice must allow, for scopes in advance, and for her word on another device. */
export async function openUnderWay({ folder, credentials, audience }: UnderWayOptions): Promise<UnderWay> {
  const authority = makeAuthority()
  const file = join(folder, 'authority.pem')
  writeFileSync(file, authority.certificate)
  const keys = await generateKeyPair('ECDH-ES+A256KW')
  const app = await openApp(authority.issue(['127.0.0.1']), keys.privateKey)
  const declared = join(folder, 'under-way')
  const key = JSON.stringify(await exportJWK(keys.publicKey))
  writeFiles(declared, { 'under-way.yaml': declaration(app.url, key) })
  const alice = new TestBrowser(ALONE)
  let basic = ''
  const post = async (address: string, form: Record<string, string>): Promise<Answer> => {
    const headers = { ...ALONE, authorization: `Basic ${basic}` }
    const answer = await fetch(address, { method: 'POST', headers, body: new URLSearchParams(form) })
    return (await answer.json()) as Answer
  }
  const askForToken = (issuer: string, scope: string) =>
    post(`${issuer}/token`, { grant_type: 'client_credentials', scope })
  const askForScope = (issuer: string) =>
    post(`${issuer}/token`, { grant_type: SCOPE_REQUEST, scope: 'order_item', resource: audience })
  const askAlice = (issuer: string) =>
    post(`${issuer}/backchannel`, {
      scope: 'openid list_items',
      login_hint: 'alice',
      client_notification_token: 'told-by-us',
    })
  const answerAll = (issuer: string, panel: string, decision: string) =>
    answerEach(alice, `${issuer}/account/approvals`, panel, decision)
  const begun: Record<'delivered' | 'allowed' | 'pending' | 'pushed' | 'unanswered', Answer> = {
    delivered: {},
    allowed: {},
    pending: {},
    pushed: {},
    unanswered: {},
  }
  return {
    authority: { certificate: authority.certificate, file },
    declared,

    async begin(issuer) {
      const read = (name: string) => readFileSync(join(credentials, name), 'utf8').trim()
      basic = Buffer.from(`stock-viewer:${read('stock-viewer.secret')}`).toString('base64')
      const page = await alice.open(`${issuer}/account/approvals`)
      await alice.submit(page, { user: 'alice', password: read('alice.password'), decision: 'sign-in' })
      begun.delivered = await askForToken(issuer, 'list_items')
      assert.equal((await askForScope(issuer)).state, 'pending')
      await answerAll(issuer, '/approvals', 'approve')
      await until(() => app.takenFor(begun.delivered.approval).length === 1)
      app.hold()
      begun.allowed = await askForToken(issuer, 'list_items')
      begun.pushed = await askAlice(issuer)
      await answerAll(issuer, '/approvals', 'approve')
      await answerAll(issuer, '/backchannel', 'allow')
      begun.pending = await askForToken(issuer, 'list_items order_item')
      begun.unanswered = await askAlice(issuer)
      for (const id of [begun.allowed.approval, begun.pushed.auth_req_id])
        await until(() => app.broughtFor(id).length > 0)
    },

    async demandWhole(issuer) {
      app.answer()
      // What was given in advance needs no role.
      assert.equal((await askForToken(issuer, 'order_item')).scope, 'order_item')
      await answerAll(issuer, '/approvals', 'approve')
      await answerAll(issuer, '/backchannel', 'allow')
      const { delivered, allowed, pending, pushed, unanswered } = begun
      const all = [
        delivered.approval,
        allowed.approval,
        pending.approval,
        pushed.auth_req_id,
        unanswered.auth_req_id,
      ]
      for (const id of all) {
        await until(() => app.takenFor(id).length > 0)
        assert.equal(app.takenFor(id).length, 1)
        // Brought before the end and after it, it is the same to the last byte.
        const [first = {}, ...others] = app.broughtFor(id)
        assert.equal(typeof first.access_token, 'string')
        for (const each of others) assert.deepEqual(each, first)
      }
      for (const { approval, pick_up } of [delivered, allowed, pending]) {
        const picked = { approval: String(approval), pick_up: String(pick_up) }
        const again = await post(`${issuer}/token`, { grant_type: APPROVED_TOKEN, ...picked })
        assert.equal(again.error, 'invalid_grant')
      }
    },

    [Symbol.asyncDispose]: app.close,
  }
}

/** Sends the form of a panel until it shows nothing more to answer. */
async function answerEach(browser: TestBrowser, url: string, panel: string, decision: string): Promise<void> {
  for (let page = await browser.open(url); page.html.includes(`account/approvals${panel}"`); ) {
    page = await browser.submit(page, { decision }, panel)
    assert.equal(page.status, 200)
  }
}

const PATIENCE_MILLIS = 30_000

async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + PATIENCE_MILLIS; !isSo(); await sleep(20)) {
    assert.ok(Date.now() < end, `it did not come to be: ${isSo}`)
  }
}

interface Brought extends Answer {
  readonly taken: boolean
}

/** The app at its own address: it takes what it is brought, or leaves whoever brings it without an answer. */
async function openApp(
  { certificate: cert, key }: { readonly certificate: string; readonly key: string },
  privateKey: Parameters<typeof compactDecrypt>[1],
) {
  const brought: Brought[] = []
  let isHolding = false
  const server = createServer({ cert, key }, async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    const taken = !isHolding
    brought.push({ ...(request.url === '/push' ? JSON.parse(body) : await opened(body)), taken })
    if (taken) response.writeHead(204).end()
  })
  async function opened(jwe: string): Promise<Answer> {
    const { plaintext } = await compactDecrypt(jwe, privateKey)
    return decodeJwt(new TextDecoder().decode(plaintext))
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const about = (id: unknown) =>
    brought.filter(({ approval, auth_req_id }) => id !== undefined && (approval === id || auth_req_id === id))
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold: () => {
      isHolding = true
    },
    answer: () => {
      isHolding = false
    },
    broughtFor: (id: unknown): Answer[] => about(id).map(({ taken: _, ...each }) => each),
    takenFor: (id: unknown): Answer[] => about(id).filter(({ taken }) => taken),
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const declaration = (url: string, key: string): string => `
kind: App
organization: hmart
name: stock-viewer
spec:
  title: Stock viewer
  grants: [client_credentials, ciba]
  firstParty: true
  pushUri: ${url}/push
  tokenDelivery: { webhook: '${url}/token', key: ${key} }
---
kind: Subscription
organization: hmart
name: stock-viewer
spec: { app: stock-viewer, product: stock, plan: staff, scopes: [list_items, order_item] }
---
kind: User
organization: hmart
name: alice
spec: { title: Alice Ahn, roles: [warehouse_owner] }
---
kind: TokenRules
organization: hmart
name: under-way
spec:
  title: The owner allows what programs do by themselves
  roles: { warehouse_owner: [order_item] }
  rules:
    - name: programs
      when: context.grant == "client_credentials"
      outcome: { approval: { roles: [warehouse_owner], scopes: [list_items], within: 1h } }
  requests:
    - { scopes: [order_item], apps: [stock-viewer], approvers: { roles: [warehouse_owner] }, life: 1d }
`
