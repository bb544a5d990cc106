import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { authorizationUrl, newPkce, TestBrowser } from '@portcullis/authserver/test-browser'
import { type Running, startPortcullis } from '@portcullis/portcullis/composition/start-portcullis'
import { readSettings } from '@portcullis/portcullis/setting/read-settings'
import { collectingLog } from '@portcullis/ports/log/memory'
import {
  type PostgresServer,
  postgresIsMissing,
  startPostgres,
} from '@portcullis/postgres/fixture/postgres-server'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Balancer, openBalancer } from '../src/balancer.ts'
import { portcullis, type Started, startProcess } from '../src/command.ts'
import { apiDeclaration, contractText, writeFiles } from '../src/declaration.ts'
import { freshEnvironment } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'
import { openUnderWay, type UnderWay } from '../src/under-way.ts'

const REDIRECT = 'http://127.0.0.1:8095/callback'

/** No connection is kept: each request goes to the machine that answers then. */
const ALONE = { connection: 'close' }

interface Tokens {
  readonly access: string
  readonly refresh: string
}

describe.skipIf(postgresIsMissing)('two machines at one database', () => {
  const folder = temporaryFolder()
  let database: PostgresServer
  let issuing: Balancer
  let controlling: Balancer
  let first: Started
  let second: Running
  let firstEnvironment: Record<string, string>
  let secondEnvironment: Record<string, string>
  let issuer: string
  let audience: string
  let underWay: UnderWay
  const trusted = getCACertificates('default')

  beforeAll(async () => {
    database = await startPostgres()
    firstEnvironment = await freshEnvironment(join(folder.path, 'first'))
    secondEnvironment = await freshEnvironment(join(folder.path, 'second'))
    const ports = (name: string) =>
      [firstEnvironment, secondEnvironment].map((each) => Number(each[`PORTCULLIS_${name}_PORT`]))
    issuing = await openBalancer(ports('AUTHSERVER'))
    controlling = await openBalancer(ports('CONTROL_PLANE'))
    const shared = {
      PORTCULLIS_STORE_URL: database.url.reveal(),
      PORTCULLIS_MASTER_KEY: randomBytes(32).toString('base64'),
      PORTCULLIS_AUTHSERVER_URL: issuing.url,
      PORTCULLIS_CONTROL_PLANE_URL: controlling.url,
      PORTCULLIS_APPS_MAY_NAME_PRIVATE_ADDRESSES: 'true',
    }
    audience = `http://localhost:${firstEnvironment.PORTCULLIS_GATEWAY_PORT}/warehouse/v1`
    const credentials = join(folder.path, 'first/credentials/hmart')
    underWay = await openUnderWay({ folder: folder.path, credentials, audience })
    setDefaultCACertificates([...trusted, underWay.authority.certificate])
    Object.assign(firstEnvironment, shared, { NODE_EXTRA_CA_CERTS: underWay.authority.file })
    Object.assign(secondEnvironment, shared)
    first = await startProcess(firstEnvironment)
    second = await startPortcullis(readSettings(secondEnvironment), collectingLog())
    issuer = `${issuing.url}/hmart`
  }, 60_000)
  afterAll(async () => {
    await second?.close()
    await first?.[Symbol.asyncDispose]()
    await issuing?.[Symbol.asyncDispose]()
    await controlling?.[Symbol.asyncDispose]()
    await database?.remove()
    await underWay?.[Symbol.asyncDispose]()
    setDefaultCACertificates(trusted)
    folder[Symbol.dispose]()
  })

  /** The machine that answers from now on. */
  async function ask(environment: Readonly<Record<string, string>>): Promise<void> {
    issuing.prefer(Number(environment.PORTCULLIS_AUTHSERVER_PORT))
    controlling.prefer(Number(environment.PORTCULLIS_CONTROL_PLANE_PORT))
    // Whoever kept a connection, in this process too, has seen its end by then.
    await sleep(50)
  }

  /** Signs alice in where she is not, and lets `meanwhile` happen before the code is redeemed. */
  async function tokensOfAlice(
    browser: TestBrowser,
    meanwhile: () => Promise<void> = async () => {},
  ): Promise<{ pages: string[]; tokens: Tokens }> {
    const { verifier, challenge } = newPkce()
    const pages: string[] = []
    let page = await browser.open(
      authorizationUrl(issuer, {
        client_id: 'order-desk',
        response_type: 'code',
        redirect_uri: REDIRECT,
        scope: 'openid offline_access list_items order_item',
        resource: audience,
        code_challenge: challenge,
        code_challenge_method: 'S256',
        state: 'kept',
      }),
    )
    while (page.away === undefined) {
      const isSignIn = page.html.includes('name="password"')
      pages.push(isSignIn ? 'sign-in' : 'consent')
      const password = readFileSync(
        join(folder.path, 'first/credentials/hmart/alice.password'),
        'utf8',
      ).trim()
      page = await browser.submit(
        page,
        isSignIn ? { user: 'alice', password, decision: 'sign-in' } : { decision: 'allow' },
      )
      if (pages.length > 3) throw new Error(`it does not end: ${page.html}`)
    }
    await meanwhile()
    const code = page.away.searchParams.get('code') ?? ''
    const answer = await token({
      grant_type: 'authorization_code',
      code,
      redirect_uri: REDIRECT,
      code_verifier: verifier,
    })
    expect(answer.status).toBe(200)
    return { pages, tokens: answer.tokens }
  }

  async function token(
    form: Record<string, string>,
  ): Promise<{ status: number; tokens: Tokens; error: unknown }> {
    const body = new URLSearchParams({ client_id: 'order-desk', resource: audience, ...form })
    const answer = await fetch(`${issuer}/token`, { method: 'POST', headers: ALONE, body })
    const told = (await answer.json()) as Record<string, string>
    const tokens = { access: String(told.access_token), refresh: String(told.refresh_token) }
    return { status: answer.status, tokens, error: told.error }
  }

  const refresh = (tokens: Tokens) => token({ grant_type: 'refresh_token', refresh_token: tokens.refresh })

  const keysOf = async (): Promise<unknown> => (await fetch(`${issuer}/jwks`, { headers: ALONE })).json()

  async function list(environment: Readonly<Record<string, string>>, access: string): Promise<Response> {
    const base = `http://localhost:${environment.PORTCULLIS_GATEWAY_PORT}/warehouse/v1`
    return fetch(`${base}/items`, { headers: { authorization: `Bearer ${access}` } })
  }

  test('sign keys of one set, and a code of one is redeemed at the other, once', async () => {
    await ask(firstEnvironment)
    const keys = await keysOf()
    const { pages, tokens } = await tokensOfAlice(new TestBrowser(ALONE), () => ask(secondEnvironment))
    expect(pages).toEqual(['sign-in', 'consent'])
    expect(await keysOf()).toEqual(keys)
    for (const each of [firstEnvironment, secondEnvironment]) {
      expect((await list(each, tokens.access)).status).toBe(200)
    }
    const refreshed = await refresh(tokens)
    expect(refreshed.status).toBe(200)
    await ask(firstEnvironment)
    // Spent at the other machine: whoever shows it again has stolen it, or been stolen from (RFC 9700 §4.14.2).
    expect(await refresh(tokens)).toMatchObject({ status: 400, error: 'invalid_grant' })
    await ask(secondEnvironment)
    expect(await refresh(refreshed.tokens)).toMatchObject({ status: 400, error: 'invalid_grant' })
  })

  test('enforce what was applied at the other, and explain what its gateway decided', async () => {
    await ask(firstEnvironment)
    const declared = join(folder.path, 'declared')
    writeFiles(declared, { 'api.yaml': apiDeclaration('things'), 'things.openapi.yaml': contractText() })
    expect((await portcullis(firstEnvironment, 'apply', '-f', declared)).code).toBe(0)
    const things = `http://localhost:${secondEnvironment.PORTCULLIS_GATEWAY_PORT}/things/v1/things`
    await expect.poll(async () => (await fetch(things)).status).toBe(401)
    const decision = (await fetch(things)).headers.get('portcullis-decision') ?? ''
    await expect
      .poll(
        async () => (await portcullis(firstEnvironment, 'explain', '--organization', 'hmart', decision)).out,
      )
      .toContain('which is listThings of things/v1')
  })

  test('refuse a token that was revoked at the other', async () => {
    await ask(firstEnvironment)
    const { tokens } = await tokensOfAlice(new TestBrowser(ALONE))
    expect((await list(secondEnvironment, tokens.access)).status).toBe(200)
    const revoked = await portcullis(firstEnvironment, 'revoke', 'hmart', 'token', tokens.access, '--wait')
    expect(revoked.err).toBe('')
    for (const each of [firstEnvironment, secondEnvironment]) {
      expect((await list(each, tokens.access)).status).toBe(401)
    }
  })

  test('lose no grant, consent, revocation, key, approval or token on its way with the one that is killed', async () => {
    await ask(firstEnvironment)
    expect((await portcullis(firstEnvironment, 'apply', '-f', underWay.declared)).code).toBe(0)
    const browser = new TestBrowser(ALONE)
    const { tokens } = await tokensOfAlice(browser)
    const revoked = (await tokensOfAlice(new TestBrowser(ALONE))).tokens
    const form = new URLSearchParams({ client_id: 'order-desk', token: revoked.refresh })
    expect(
      (await fetch(`${issuer}/token/revocation`, { method: 'POST', headers: ALONE, body: form })).status,
    ).toBe(200)
    const keys = await keysOf()
    await underWay.begin(issuer)
    await first.kill()
    await sleep(50)
    // The sample's backend died with it.
    const backend = createServer((_, response) => response.end('[]'))
    onTestFinished(() => void backend.close())
    backend.listen(Number(firstEnvironment.PORTCULLIS_SAMPLE_BACKEND_PORT), '127.0.0.1')
    expect(await keysOf()).toEqual(keys)
    expect(await refresh(revoked)).toMatchObject({ status: 400, error: 'invalid_grant' })
    const refreshed = await refresh(tokens)
    expect(refreshed.status).toBe(200)
    expect((await list(secondEnvironment, refreshed.tokens.access)).status).toBe(200)
    // Nobody asks her again who she is and whether she agrees.
    expect((await tokensOfAlice(browser)).pages).toEqual([])
    await underWay.demandWhole(issuer)
  })
})
