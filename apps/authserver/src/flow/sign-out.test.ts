import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestBrowser } from '../test-browser.ts'
import { CALLBACK, openShop, type Shop } from '../test-shop.ts'

let shop: Shop

beforeAll(async () => {
  shop = await openShop({ reachPrivate: true })
})
afterAll(() => shop.world.close())

it('tells apps that want to know, signed, whose sign-in has ended (OpenID Connect Back-Channel Logout)', async () => {
  const told = Promise.withResolvers<string>()
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += String(piece)
    response.end()
    told.resolve(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const signOutUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/signed-out`
  await shop.world.app('shop', { ...shop.codeGrants, redirectUris: [CALLBACK], signOutUri })
  const browser = new TestBrowser()
  const next = await shop.signIn(browser, { scope: 'openid list_items' })
  const done = await browser.submit(next, { decision: 'allow' })
  const { body } = await shop.redeem(done.away?.searchParams.get('code') ?? '')
  await shop.signOut(browser)
  const token = new URLSearchParams(await told.promise).get('logout_token') ?? ''
  server.close()
  const set = createRemoteJWKSet(new URL(`${shop.world.issuer()}/jwks`))
  const { payload } = await jwtVerify(token, set, { issuer: shop.world.issuer(), audience: 'shop' })
  expect(payload).toMatchObject({ sub: 'ada', sid: decodeJwt(String(body.id_token)).sid })
  expect(payload.sid).toEqual(expect.any(String))
  expect(payload.events).toHaveProperty(['http://schemas.openid.net/event/backchannel-logout'])
})

it('sends a browser back only to where the app is registered to be', async () => {
  const uri = 'https://shop.example/bye'
  await shop.world.app('shop', { ...shop.codeGrants, redirectUris: [CALLBACK], signOutRedirectUris: [uri] })
  const open = (to: string) => {
    const query = new URLSearchParams({ client_id: 'shop', post_logout_redirect_uri: to })
    return fetch(`${shop.world.issuer()}/sign-out?${query}`, { headers: { accept: 'text/html' } })
  }
  expect((await open(uri)).status).toBe(200)
  expect((await open('https://evil.example/bye')).status).toBe(400)
  expect((await open(`${uri}/more`)).status).toBe(400)
})
