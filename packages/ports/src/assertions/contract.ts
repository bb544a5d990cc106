import { describe, expect, it } from 'vitest'
import {
  type AssertionDemands,
  type Assertions,
  type AssertionUse,
  assertionsFaults,
  type ResponseDemands,
} from './port.ts'
import type { Confirmation, Statement } from './statement.ts'

export interface AssertionsUnderTest {
  readonly assertions: Assertions
  /** What an issuer says, signed with its own key. */
  issue(statement: Statement): string | Promise<string>
  /** The same in a response. */
  response(statement: Statement): string | Promise<string>
  /** PEM, of the issuer. */
  readonly certificates: readonly string[]
}

const NOW = Date.UTC(2026, 0, 1, 12)
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOLDER = Buffer.from('the certificate of the holder')

const CONFIRMATION: Confirmation = {
  method: 'bearer',
  recipient: 'https://us.example/acs',
  notOnOrAfter: NOW + 5 * MINUTE,
  certificates: [],
}
const STATEMENT: Statement = {
  id: '_1',
  issuer: 'https://idp.example',
  issuedAt: NOW,
  subject: { value: 'ada@hmart.example', format: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress' },
  confirmations: [CONFIRMATION],
  notBefore: NOW - MINUTE,
  notOnOrAfter: NOW + 10 * MINUTE,
  audiences: [['https://us.example']],
  oneTimeUse: false,
  attributes: { groups: ['staff', 'clerks & <leads>'], mail: ['ada@hmart.example'] },
  authentication: {
    at: NOW - MINUTE,
    contextClass: 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport',
    sessionIndex: 's1',
  },
}

/** What everybody who verifies assertions guarantees. */
export function assertionsContract(
  name: string,
  open: () => AssertionsUnderTest | Promise<AssertionsUnderTest>,
): void {
  describe(`assertions contract: ${name}`, () => {
    const demandsOf = ({ certificates }: AssertionsUnderTest): AssertionDemands => ({
      issuers: [{ name: STATEMENT.issuer, certificates }],
      audiences: ['https://us.example', 'https://us.example/other'],
      recipients: ['https://us.example/acs'],
      now: NOW,
      skewMillis: 30 * SECOND,
      maxAgeMillis: 60 * MINUTE,
    })

    /** Whether it holds, by itself and in a response. */
    async function holds(changes: Partial<Statement>, demands: Partial<ResponseDemands> = {}) {
      const under = await open()
      const asked = { ...demandsOf(under), ...demands }
      const statement = { ...STATEMENT, ...changes }
      const alone = await settle(under.assertions.verify(await under.issue(statement), asked))
      const answer = await settle(under.assertions.verifyResponse(await under.response(statement), asked))
      expect(answer).toBe(alone)
      return alone
    }

    const confirmed = (changes: Partial<Confirmation>): Partial<Statement> => ({
      confirmations: [{ ...CONFIRMATION, ...changes }],
    })

    it('tells what was said, to the letter', async () => {
      const under = await open()
      const { id, issuer, subject, attributes, authentication, issuedAt } = STATEMENT
      const told = { id, issuer, subject, attributes, authentication, issuedAt, oneTimeUse: false }
      const expected = { ...told, expiresAt: CONFIRMATION.notOnOrAfter }
      const demands = demandsOf(under)
      expect(await under.assertions.verify(await under.issue(STATEMENT), demands)).toEqual(expected)
      const { verifyResponse } = under.assertions
      expect(await verifyResponse(await under.response(STATEMENT), demands)).toEqual(expected)
    })

    it.each<[string, boolean, Partial<Statement>, Partial<AssertionDemands>]>([
      ['for another audience', false, { audiences: [['https://other.example']] }, {}],
      ['for an audience that only begins like ours', false, { audiences: [['https://us.example/']] }, {}],
      ['for us and others', true, { audiences: [['https://other.example', 'https://us.example']] }, {}],
      [
        'for us, and restricted once more',
        false,
        { audiences: [['https://us.example'], ['https://x.example']] },
        {},
      ],
      ['for nobody in particular', false, { audiences: [] }, {}],
      ['sent to somebody else', false, confirmed({ recipient: 'https://us.example/acs/2' }), {}],
      ['for an answer to a request that we did not make', false, confirmed({ inResponseTo: '_r' }), {}],
      ['for the answer to our request', true, confirmed({ inResponseTo: '_r' }), { inResponseTo: '_r' }],
      ['for the answer to another request', false, confirmed({ inResponseTo: '_q' }), { inResponseTo: '_r' }],
      ['for no answer, where one is due', false, {}, { inResponseTo: '_r' }],
      ['issued right now by a clock ahead of ours', true, { issuedAt: NOW + 30 * SECOND }, {}],
      ['issued later', false, { issuedAt: NOW + 31 * SECOND }, {}],
      ['that begins now by a clock ahead of ours', true, { notBefore: NOW + 30 * SECOND }, {}],
      ['that begins later', false, { notBefore: NOW + 31 * SECOND }, {}],
      ['that ended now by a clock behind ours', true, { notOnOrAfter: NOW - 29 * SECOND }, {}],
      ['that is over', false, { notOnOrAfter: NOW - 30 * SECOND }, {}],
      ['whose confirmation is over', false, confirmed({ notOnOrAfter: NOW - 30 * SECOND }), {}],
      ['whose confirmation begins later', false, confirmed({ notBefore: NOW + 31 * SECOND }), {}],
      ['that is older than we take them', false, { issuedAt: NOW - 61 * MINUTE }, {}],
      [
        'whose session is over',
        false,
        { authentication: { at: NOW - MINUTE, sessionNotOnOrAfter: NOW - MINUTE } },
        {},
      ],
      ['with no confirmation', false, { confirmations: [] }, {}],
      [
        'with one confirmation that holds, of two',
        true,
        { confirmations: [{ ...CONFIRMATION, recipient: 'https://else.example' }, CONFIRMATION] },
        {},
      ],
      [
        'for the holder of a certificate, and he is',
        true,
        confirmed({ method: 'holder-of-key', certificates: [HOLDER.toString('base64')] }),
        { holder: HOLDER },
      ],
      [
        'for the holder of another certificate',
        false,
        confirmed({ method: 'holder-of-key', certificates: [HOLDER.toString('base64')] }),
        { holder: Buffer.from('another') },
      ],
      [
        'for the holder of a certificate, without any',
        false,
        confirmed({ method: 'holder-of-key', certificates: [HOLDER.toString('base64')] }),
        {},
      ],
      [
        'for the holder of no key',
        false,
        confirmed({ method: 'holder-of-key', certificates: [] }),
        { holder: HOLDER },
      ],
      ['to be used once, and nobody remembers', false, { oneTimeUse: true }, {}],
      ['of an issuer that is not trusted', false, { issuer: 'https://other.example' }, {}],
      ['of an issuer that is called alike', false, { issuer: 'https://idp.example/' }, {}],
      ['that must be encrypted and is not', false, {}, { mustBeEncrypted: true }],
    ])('an assertion %s: %s', async (_, expected, changes, demands) => {
      expect(await holds(changes, demands)).toBe(expected)
    })

    it('takes a confirmation without a recipient only where that was said', async () => {
      const { recipient: _, ...unaddressed } = CONFIRMATION
      expect(await holds({ confirmations: [unaddressed] })).toBe(false)
      expect(await holds({ confirmations: [unaddressed] }, { recipientOptional: true })).toBe(true)
      expect(await holds({}, { recipients: [], recipientOptional: true })).toBe(false)
      const { notOnOrAfter: __, ...endless } = CONFIRMATION
      expect(await holds({ confirmations: [endless] })).toBe(false)
    })

    it('asks whether it is new once all else holds, and refuses what is not', async () => {
      const asked: AssertionUse[] = []
      const isFirstUse = (use: AssertionUse) => Promise.resolve(asked.push(use) <= 2)
      expect(await holds({ oneTimeUse: true }, { isFirstUse })).toBe(true)
      const use = { issuer: STATEMENT.issuer, id: '_1', until: NOW + 5 * MINUTE + 30 * SECOND }
      expect(asked).toEqual([use, use])
      expect(await holds({ audiences: [] }, { isFirstUse })).toBe(false)
      expect(asked).toHaveLength(2)
      expect(await holds({}, { isFirstUse })).toBe(false)
    })

    it('rejects where nobody can say whether it is new', async () => {
      const under = await open()
      const outage = new Error('away')
      const demands = { ...demandsOf(under), isFirstUse: () => Promise.reject(outage) }
      await expect(under.assertions.verify(await under.issue(STATEMENT), demands)).rejects.toBe(outage)
    })

    it('refuses what nobody signed', async () => {
      const under = await open()
      for (const xml of ['', '<a/>', 'a', '<Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion"/>']) {
        expect(await settle(under.assertions.verify(xml, demandsOf(under)))).toBe(false)
        expect(await settle(under.assertions.verifyResponse(xml, demandsOf(under)))).toBe(false)
      }
    })
  })
}

async function settle(verified: Promise<unknown>): Promise<boolean> {
  try {
    await verified
    return true
  } catch (thrown) {
    if (assertionsFaults.refused.is(thrown)) return false
    throw thrown
  }
}
