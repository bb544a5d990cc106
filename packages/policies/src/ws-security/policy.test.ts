import { anyPolicy, type Ports } from '@portcullis/policy-kit/policy'
import { bindFor, runThrough, testExchange, testRevision } from '@portcullis/policy-kit/test-kit'
import { manualClock } from '@portcullis/ports/clock/memory'
import { awayCounters } from '@portcullis/ports/counters/away'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { describe, expect, it } from 'vitest'
import { openTestIdp, TEST_ISSUER } from '../assertion/test-idp.ts'
import { wsSecurity } from './policy.ts'
import { BODY, digestToken, envelope, SOAP_1_1, SOAP_1_2, security, textToken } from './test-message.ts'

const NOW = Date.UTC(2026, 0, 1)
const policy = anyPolicy(wsSecurity)
const revision = testRevision(
  {},
  {
    schemes: { soap: { type: 'http', scheme: 'wsse' } },
    operations: [{ id: 'a', method: 'POST', path: '/items', security: [{ soap: [] }], policies: [] }],
  },
)
const users = { partner: { password: 'partner-soap', app: 'robot', roles: ['buyer'] } }
const config = { usernameToken: { users, accept: ['digest', 'text'] } }
const TLS = { version: 'TLSv1.3', cipher: 'x', serverName: undefined, clientCertificate: undefined }

interface Call {
  readonly at?: number
  readonly from?: string
  readonly type?: string
  readonly plain?: true
  readonly headers?: Record<string, string>
}

function gateway(changes: object = {}, ports: Partial<Ports> = {}) {
  const clock = manualClock(NOW)
  const idp = openTestIdp()
  const all: Partial<Ports> = {
    assertions: idp.assertions,
    counters: openMemoryCounters(clock),
    vault: openMemoryVault({ 'partner-soap': 'correct horse' }),
    ...ports,
  }
  const attachment = { config: { ...config, ...changes } as never }
  const steps = bindFor(policy, attachment, testExchange({ revision }), all)
  const send = (
    message: string | Uint8Array,
    { at = 0, from = '192.0.2.1', type = 'text/xml; charset=utf-8', plain, headers = {} }: Call = {},
  ) => {
    clock.set(NOW + at)
    const x = testExchange({
      revision,
      headers: { 'Content-Type': type, ...headers },
      receivedAt: NOW + at,
      remoteAddress: from,
      body: Buffer.from(message),
      ...(plain === undefined && { tls: TLS }),
    })
    return runThrough(steps, x)
  }
  /** The user; or why there is none. */
  const codeOf = async (message: string | Uint8Array, call: Call = {}) => {
    const { ending, x } = await send(message, call)
    if (ending?.verdict !== 'refuse') return x.principal?.subject
    expect(x.principal).toBeUndefined()
    return ending.fault.code
  }
  return { idp, send, codeOf }
}

const secured = (inside: string, attributes = '', soap = SOAP_1_1) =>
  envelope(security(inside, attributes), soap)
const digest = (parts: Parameters<typeof digestToken>[0] = {}) => digestToken({ at: NOW, ...parts })

describe('ws-security', () => {
  it.each<[string, () => string, string | undefined]>([
    ['a digest', () => secured(digest()), 'partner'],
    ['a digest in SOAP 1.2', () => secured(digest(), '', SOAP_1_2), 'partner'],
    ['a password over TLS', () => secured(textToken()), 'partner'],
    [
      'a password of which nobody says what it is',
      () => secured(textToken().replace(/ Type="[^"]*"/, '')),
      'partner',
    ],
    ['a header that must be understood', () => secured(digest(), 's:mustUnderstand="1"'), 'partner'],
    [
      'a timestamp that is good',
      () =>
        secured(
          `<wsu:Timestamp><wsu:Expires>${new Date(NOW + 1).toISOString()}</wsu:Expires></wsu:Timestamp>${digest()}`,
        ),
      'partner',
    ],
    [
      'a header for the next',
      () => secured(digest(), 's:actor="http://schemas.xmlsoap.org/soap/actor/next"'),
      'partner',
    ],
    [
      'a header for whoever is last',
      () => secured(digest(), `s:role="${SOAP_1_2}/role/ultimateReceiver"`, SOAP_1_2),
      'partner',
    ],
    ['a header for somebody else', () => secured(digest(), 's:actor="urn:billing"'), undefined],
    ['no security header', () => envelope(''), undefined],
    ['no header at all', () => envelope('').replace('<s:Header></s:Header>', ''), undefined],
    ['a wrong password', () => secured(digest({ password: 'wrong' })), 'ws-security.refused'],
    ['a wrong password as text', () => secured(textToken({ password: 'wrong' })), 'ws-security.refused'],
    ['an empty password', () => secured(digest({ password: '' })), 'ws-security.refused'],
    ['an unknown name', () => secured(digest({ name: 'nobody' })), 'ws-security.refused'],
    [
      'an unknown name without a password',
      () => secured(digest({ name: 'nobody', password: '' })),
      'ws-security.refused',
    ],
    ['a name of every object', () => secured(digest({ name: 'constructor' })), 'ws-security.refused'],
    [
      'a digest sent as text',
      () => secured(digest().replace('PasswordDigest', 'PasswordText')),
      'ws-security.refused',
    ],
    [
      'a digest without a nonce',
      () => secured(digest().replace(/<wsse:Nonce>.*<\/wsse:Nonce>/, '')),
      'ws-security.refused',
    ],
    [
      'a digest without a time',
      () => secured(digest().replace(/<wsu:Created>.*<\/wsu:Created>/, '')),
      'ws-security.refused',
    ],
    ['a short nonce', () => secured(digest({ nonce: Buffer.from('1234567') })), 'ws-security.refused'],
    [
      'another nonce than that of the digest',
      () => secured(digest().replace(/<wsse:Nonce>.{8}/, '<wsse:Nonce>AAAAAAAA')),
      'ws-security.refused',
    ],
    ['a time that is too old', () => secured(digest({ at: NOW - 300_000 })), 'ws-security.refused'],
    ['a time that just holds', () => secured(digest({ at: NOW - 299_999 })), 'partner'],
    ['a time ahead of ours', () => secured(digest({ at: NOW + 30_000 })), 'partner'],
    ['a time too far ahead', () => secured(digest({ at: NOW + 30_001 })), 'ws-security.refused'],
    ['a time that is none', () => secured(digest({ created: 'now' })), 'ws-security.refused'],
    [
      'a timestamp that has expired',
      () =>
        secured(
          `<wsu:Timestamp><wsu:Expires>${new Date(NOW).toISOString()}</wsu:Expires></wsu:Timestamp>${digest()}`,
        ),
      'ws-security.refused',
    ],
    ['two tokens', () => secured(digest() + digest()), 'ws-security.not-understood'],
    ['an empty header', () => secured(''), 'ws-security.not-understood'],
    [
      'a signature that we do not look at',
      () => secured(`${digest()}<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>`),
      'ws-security.not-understood',
    ],
    [
      'no password',
      () => secured(digest().replace(/<wsse:Password .*<\/wsse:Password>/, '')),
      'ws-security.not-understood',
    ],
    [
      'two names',
      () => secured(digest({ more: '<wsse:Username>admin</wsse:Username>' })),
      'ws-security.not-understood',
    ],
    [
      'a key to be derived',
      () => secured(digest({ more: '<wsse11:Salt xmlns:wsse11="urn:x"/>' })),
      'ws-security.not-understood',
    ],
    [
      'a name cut by a comment',
      () => secured(digest().replace('partner', 'part<!-- -->ner')),
      'ws-security.malformed',
    ],
    [
      'an assertion, where none are taken',
      () => secured('<a:Assertion xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion"/>'),
      'ws-security.refused',
    ],
  ])('with %s', async (_, message, expected) => {
    expect(await gateway().codeOf(message())).toBe(expected)
  })

  it.each<[string, () => string]>([
    ['two headers for us', () => envelope(security(digest()) + security(digest()))],
    [
      'two headers for us under two names',
      () =>
        envelope(
          security(digest()) + security(digest(), 's:actor="http://schemas.xmlsoap.org/soap/actor/next"'),
        ),
    ],
    ['a header in the body', () => envelope('', SOAP_1_1, `<s:Body>${security(digest())}</s:Body>`)],
    [
      'a header inside of another entry',
      () => envelope(`<x:Wrapper xmlns:x="urn:x">${security(digest())}</x:Wrapper>`),
    ],
    ['a header beside the Header', () => envelope('').replace('<s:Body>', `${security(digest())}<s:Body>`)],
    ['two Headers', () => secured(digest()).replace('<s:Body>', '<s:Header/><s:Body>')],
    ['two bodies', () => secured(digest()).replace(BODY, BODY + BODY)],
    ['something behind the body', () => secured(digest()).replace('</s:Envelope>', '<x/></s:Envelope>')],
    [
      'a body before the Header',
      () => secured(digest()).replace(BODY, '').replace('<s:Header>', `${BODY}<s:Header>`),
    ],
    [
      'another version of SOAP inside',
      () => secured(digest()).replace(BODY, `<t:Body xmlns:t="${SOAP_1_2}"/>`),
    ],
    ['no envelope', () => '<order/>'],
    ['nothing', () => ''],
    [
      'a document type',
      () => secured(digest()).replace('<s:Envelope', '<!DOCTYPE x [<!ENTITY a "b">]><s:Envelope'),
    ],
    ['no XML', () => '{"order": 1}'],
  ])('refuses a message with %s (wrapping)', async (_, message) => {
    expect(await gateway().codeOf(message())).toBe('ws-security.malformed')
  })

  it('tells who it is, and in whose name', async () => {
    const { x } = await gateway().send(secured(digest()))
    expect(x.principal).toMatchObject({ schemes: ['soap'], client: 'robot', subject: 'partner' })
    expect([...(x.principal?.roles ?? [])]).toEqual(['buyer'])
  })

  it('keeps the security header from the backend, and all else as it was', async () => {
    const other = '<x:id xmlns:x="urn:x" s:mustUnderstand="1">7</x:id>'
    const { x } = await gateway().send(envelope(other + security(digest())))
    expect(Buffer.from(x.outgoingBody() as Uint8Array).toString()).toBe(envelope(other))
    const message = envelope(other + security(digest()))
    const kept = await gateway({ keepHeader: true }).send(message)
    expect(Buffer.from(kept.x.outgoingBody() as Uint8Array).toString()).toBe(message)
  })

  it('takes each nonce once, whoever sends it again, for as long as it is good', async () => {
    const { codeOf } = gateway()
    const message = secured(digest())
    const all = await Promise.all([codeOf(message), codeOf(message, { from: '198.51.100.1' })])
    expect(all.toSorted()).toEqual(['partner', 'ws-security.refused'])
    expect(await codeOf(message, { at: 299_999 })).toBe('ws-security.refused')
    expect(await codeOf(secured(digest()), { at: 1 + 299_998 })).toBe('partner')
  })

  it('burns no nonce of a token that does not hold', async () => {
    const { codeOf } = gateway()
    const nonce = Buffer.from('0123456789abcdef')
    expect(await codeOf(secured(digest({ nonce, password: 'guess' })))).toBe('ws-security.refused')
    expect(await codeOf(secured(digest({ nonce })))).toBe('partner')
  })

  it('takes no password in the clear, and a digest anyhow', async () => {
    const { codeOf } = gateway()
    expect(await codeOf(secured(textToken()), { plain: true })).toBe('ws-security.needs-tls')
    expect(await codeOf(secured(digest()), { plain: true })).toBe('partner')
  })

  it('takes digests alone, where nothing else was said', async () => {
    const { codeOf } = gateway({ usernameToken: { users } })
    expect([await codeOf(secured(digest())), await codeOf(secured(textToken()))]).toEqual([
      'partner',
      'ws-security.refused',
    ])
  })

  it('understands headers that are addressed to it by the name that it was given', async () => {
    const mine = secured(digest(), 's:actor="urn:gateway"')
    expect([await gateway().codeOf(mine), await gateway({ role: 'urn:gateway' }).codeOf(mine)]).toEqual([
      undefined,
      'partner',
    ])
  })

  it('reads what says that it is SOAP in UTF-8, and nothing else', async () => {
    const { codeOf } = gateway()
    const message = secured(digest())
    for (const type of ['application/json', 'multipart/related', ''])
      expect(await codeOf(message, { type })).toBeUndefined()
    expect(await codeOf(message, { type: 'text/xml; charset=UTF-16' })).toBe('ws-security.malformed')
    expect(await codeOf(Buffer.from(message, 'latin1'))).toBe('ws-security.malformed')
    expect(await codeOf(message, { headers: { 'Content-Encoding': 'gzip' } })).toBe('ws-security.malformed')
    expect(await codeOf(message, { type: 'Application/SOAP+XML; action="a"; charset="utf-8"' })).toBe(
      'partner',
    )
  })

  it('refuses messages that are larger, or have more in them, than was said', async () => {
    const { codeOf } = gateway({ maxBytes: 2_048, maxElements: 16 })
    expect(await codeOf(secured(digest()))).toBe('partner')
    const body = (inside: string) => envelope(security(digest()), SOAP_1_1, `<s:Body>${inside}</s:Body>`)
    expect(await codeOf(body('x'.repeat(2_048)))).toBe('step.body-too-large')
    expect(await codeOf(body('<a/>'.repeat(16)))).toBe('ws-security.malformed')
  })

  it('takes an assertion once, by the rules of assertions, and no other kind of token then', async () => {
    const { idp, codeOf, send } = gateway({
      usernameToken: undefined,
      assertion: { issuers: [TEST_ISSUER], app: 'robot', groups: 'memberOf' },
    })
    const message = secured(idp.assert(NOW, { attributes: { memberOf: ['staff'] } }))
    const { x } = await send(message)
    expect(x.principal).toMatchObject({ schemes: ['soap'], subject: 'ada', client: 'robot' })
    expect([...(x.principal?.groups ?? [])]).toEqual(['staff'])
    expect(Buffer.from(x.outgoingBody() as Uint8Array).toString()).toBe(envelope(''))
    expect(await codeOf(message)).toBe('ws-security.refused')
    for (const wrong of [idp.assert(NOW, { audiences: [['https://else.example']] }), digest(), textToken()])
      expect(await codeOf(secured(wrong))).toBe('ws-security.refused')
  })

  it('asks for a token where one did not hold, and holds off whoever guesses', async () => {
    const { codeOf, send } = gateway({ attemptsPerMinute: 2 })
    const { reply } = await send(secured(digest({ password: 'a' })))
    expect([reply.status, reply.headers.get('www-authenticate')]).toEqual([
      401,
      'WSSE realm="https://api.example/warehouse/v1", profile="UsernameToken"',
    ])
    expect(await codeOf(secured(digest({ password: 'b' })))).toBe('ws-security.refused')
    expect(await codeOf(secured(digest()))).toBe('ws-security.too-many')
    expect(await codeOf(secured(digest()), { from: '198.51.100.1' })).toBe('partner')
  })

  it('refuses where nobody can say whether a nonce is new', async () => {
    expect(await gateway({}, { counters: awayCounters() }).codeOf(secured(digest()))).toBe(
      'counters.unavailable',
    )
  })

  it('is not published without the passwords, nor with nothing to take', () => {
    expect(() =>
      gateway({ usernameToken: { users: { a: { password: 'missing', app: 'robot' } } } }),
    ).toThrow()
    for (const wrong of [{}, { usernameToken: { users: {} } }, { usernameToken: { users, lifetime: '1s' } }])
      expect(policy.contract.config.safeParse(wrong).success).toBe(false)
  })

  it('changes nothing where it observes', async () => {
    const message = secured(digest())
    const x = testExchange({
      revision,
      headers: { 'Content-Type': 'text/xml' },
      receivedAt: NOW,
      body: Buffer.from(message),
    })
    const { assertions } = openTestIdp()
    const ports = {
      assertions,
      counters: openMemoryCounters(manualClock(NOW)),
      vault: openMemoryVault({ 'partner-soap': 'correct horse' }),
    }
    const steps = bindFor(policy, { config: config as never, mode: 'observe' }, x, ports)
    await runThrough(steps, x)
    expect([x.principal, Buffer.from(x.outgoingBody() as Uint8Array).toString()]).toEqual([
      undefined,
      message,
    ])
  })
})
