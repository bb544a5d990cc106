import { deflateRawSync } from 'node:zlib'
import { Secret } from '@portcullis/kernel/secret'
import { assertionsFaults } from '@portcullis/ports/assertions/port'
import { describe, expect, it } from 'vitest'
import {
  type LogoutFacts,
  makeSigner,
  signedQuery,
  signRoot,
  writeTestLogoutRequest,
} from '../fixture/idp.ts'
import { hasXmlsec1, signByXmlsec1 } from '../fixture/xmlsec1.ts'
import { type LogoutDemands, readLogoutRequest, readLogoutResponse } from './read-logout.ts'
import type { Received } from './receive.ts'

const NOW = Date.UTC(2026, 0, 1, 12)
const IDP = 'https://idp.example'
const HERE = 'https://us.example/signed-out'
const [idp, stranger, us] = [makeSigner(), makeSigner(), makeSigner()]
const demands = (changes: Partial<LogoutDemands> = {}): LogoutDemands => ({
  issuer: { name: IDP, certificates: [idp.certificate] },
  destination: HERE,
  now: NOW,
  skewMillis: 60_000,
  maxAgeMillis: 300_000,
  decryptionKeys: [new Secret(us.key)],
  ...changes,
})
const write = (changes: Partial<LogoutFacts> = {}): string =>
  writeTestLogoutRequest({ issuer: IDP, destination: HERE, issuedAt: NOW, sessions: ['_s'], ...changes })
const byForm = (xml: string): Received => ({ binding: 'post', value: Buffer.from(xml).toString('base64') })
const byQuery = (query: string): Received => ({ binding: 'redirect', query })
const posted = (xml: string, by = idp): Received => byForm(signRoot(xml, by))
const redirected = (xml: string, by = idp): Received => byQuery(signedQuery('SAMLRequest', xml, by, 'state'))
const outcome = (received: Received, changes: Partial<LogoutDemands> = {}): Promise<string> =>
  readLogoutRequest(received, demands(changes)).then(
    ({ name }) => name.value,
    (thrown: Error) => (assertionsFaults.refused.is(thrown) ? `refused: ${thrown.message}` : String(thrown)),
  )

describe.each([
  ['in a form', posted],
  ['in a query', redirected],
] as const)('a request to end sign-ins, signed, %s', (_, send) => {
  it('tells whose sign-ins are over', async () => {
    const told = await readLogoutRequest(send(write()), demands())
    expect(told).toMatchObject({ id: '_logout', name: { value: 'ada' }, sessions: ['_s'] })
    expect(told.until).toBeGreaterThanOrEqual(NOW + 360_000)
  })

  it.each<[string, Partial<LogoutFacts>]>([
    ['somebody else', { issuer: 'https://else.example' }],
    ['another place', { destination: 'https://else.example' }],
    ['no place', { destination: undefined }],
    ['the past', { issuedAt: NOW - 360_001 }],
    ['the future', { issuedAt: NOW + 60_001 }],
    ['what is over by its own word', { notOnOrAfter: NOW - 60_001 }],
    ['nobody', { name: '' }],
    ['too many', { sessions: Array.from({ length: 65 }, (_, i) => `_${i}`) }],
  ])('of or for %s is refused', async (_, facts) => {
    expect(await outcome(send(write(facts)))).toMatch(/^refused: /)
  })

  it('by another key, or of another kind, is refused', async () => {
    expect(await outcome(send(write(), stranger))).toBe('refused: the signature does not hold')
    const other = write().replaceAll('LogoutRequest', 'AuthnRequest')
    expect(await outcome(send(other))).toBe('refused: it is no LogoutRequest of SAML 2.0')
    const older = write().replace('Version="2.0"', 'Version="1.1"')
    expect(await outcome(send(older))).toBe('refused: it is of another version')
  })
})

describe('a request to end sign-ins', () => {
  it('that nobody signed is refused', async () => {
    expect(await outcome(byForm(write()))).toBe('refused: it is not signed')
    const bare = `SAMLRequest=${encodeURIComponent(deflateRawSync(write()).toString('base64'))}`
    expect(await outcome(byQuery(bare))).toBe('refused: it is not signed')
    // A signature inside of what comes by a query is one over less than came (SAML Bindings §3.4.4.1).
    const inside = `SAMLRequest=${encodeURIComponent(deflateRawSync(signRoot(write(), idp)).toString('base64'))}`
    expect(await outcome(byQuery(inside))).toBe('refused: it is not signed')
  })

  it.each<[string, (query: string) => string]>([
    ['another message', (query) => query.replace(/SAMLRequest=[^&]+/, `SAMLRequest=${again('eve')}`)],
    ['another state', (query) => query.replace('RelayState=state', 'RelayState=other')],
    ['no state', (query) => query.replace('&RelayState=state', '')],
    ['a second message', (query) => `${query}&SAMLRequest=${again('eve')}`],
    ['another algorithm', (query) => query.replace('rsa-sha256', 'rsa-sha1')],
    ['no signature', (query) => query.replace(/&Signature=.*/, '')],
    ['another encoding', (query) => `${query}&SAMLEncoding=urn%3Ax`],
    ['an answer in its place', (query) => query.replace('SAMLRequest', 'SAMLResponse')],
  ])('in a query with %s is refused', async (_, change) => {
    const query = signedQuery('SAMLRequest', write(), idp, 'state')
    expect(change(query)).not.toBe(query)
    expect(await outcome(byQuery(change(query)))).toMatch(/^refused: /)
  })

  it('that becomes very long is refused before it does', async () => {
    const bomb = write().replace('<saml:NameID>', `${' '.repeat(2_000_000)}<saml:NameID>`)
    expect(await outcome(redirected(bomb))).toBe('refused: it can not be inflated, or to too much')
  })

  it('is what was signed, whatever is wrapped around it (XSW)', async () => {
    const good = signRoot(write(), idp)
    const signature = /<ds:Signature .*<\/ds:Signature>/s.exec(good)?.[0] ?? ''
    const evil = (inside: string, id = '_evil'): string =>
      write({ id, name: 'eve' }).replace('</saml:Issuer>', `</saml:Issuer>${inside}`)
    const within = (inside: string): string =>
      signature.replace('</ds:Signature>', `<ds:Object>${inside}</ds:Object></ds:Signature>`)
    const attacks = [
      evil(signature),
      evil(signature, '_logout'),
      evil(within(write())),
      evil(within(write()), '_logout'),
      evil(good),
      evil(`<samlp:Extensions>${good}</samlp:Extensions>`),
      evil(signature + write()),
      good.replace('<saml:NameID>ada<', '<saml:NameID>eve<'),
      good.replace('<saml:NameID>ada<', '<saml:NameID>e<!-- -->ve<'),
      good.replace('<saml:NameID>', '<saml:NameID>eve</saml:NameID><saml:NameID>'),
    ]
    for (const xml of attacks) expect(await outcome(byForm(xml))).toMatch(/^refused: /)
  })

  it.skipIf(!hasXmlsec1)(
    'signed by another program is read (left out where there is no xmlsec1)',
    async () => {
      const element = 'urn:oasis:names:tc:SAML:2.0:protocol:LogoutRequest'
      expect(await outcome(byForm(signByXmlsec1(write(), '_logout', idp, 'rsa-sha256', element)))).toBe('ada')
    },
  )
})

describe('an answer to a request of ours', () => {
  const answer = (inResponseTo = '_ours', status = 'Success'): string =>
    write({ sessions: [] })
      .replaceAll('LogoutRequest', 'LogoutResponse')
      .replace('Version=', `InResponseTo="${inResponseTo}" Version=`)
      .replace(
        /<saml:NameID>.*<\/saml:NameID>/,
        `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:${status}"/></samlp:Status>`,
      )
  const read = (received: Received) => readLogoutResponse(received, { ...demands(), inResponseTo: '_ours' })

  it('tells what became of it, where it is signed and answers that one', async () => {
    expect(await read(byQuery(signedQuery('SAMLResponse', answer(), idp)))).toMatch(/:Success$/)
    expect(await read(posted(answer('_ours', 'Responder')))).toMatch(/:Responder$/)
    for (const received of [posted(answer('_other')), byForm(answer()), posted(write())])
      await expect(read(received)).rejects.toSatisfy(assertionsFaults.refused.is)
  })
})

function again(name: string): string {
  return encodeURIComponent(deflateRawSync(write({ name })).toString('base64'))
}
