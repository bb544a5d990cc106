import { describe, expect, it } from 'vitest'
import { gateway, json } from './test-decision-point.ts'

const DENIED = 'decision-point.denied'

describe('decision-point keeps obligations', () => {
  const with_ = (obligations: unknown, decision = true, advice: unknown = undefined) =>
    gateway(() => json({ decision, context: { obligations, advice } })).send({ dialect: 'authzen' })
  const outcomeOf = ({ ending }: Awaited<ReturnType<typeof with_>>) =>
    ending?.verdict === 'refuse' ? ending.fault.code : undefined

  it('as fields for the backend and for the caller', async () => {
    const { x, reply, ending } = await with_([
      { id: 'request-headers', attributes: { 'X-Row-Filter': 'region=north' } },
      { id: 'reply-headers', attributes: { 'X-Watermark': ['ada', 'gold'] } },
    ])
    expect(ending).toBeUndefined()
    expect(x.outgoingHeaders().get('x-row-filter')).toBe('region=north')
    expect(reply.headers.get('x-watermark')).toBe('ada, gold')
    expect(x.trace[0]?.saw).toEqual({ decision: 'permit', demands: 'request-headers reply-headers' })
  })

  it('also towards a caller who is denied', async () => {
    const result = await with_([{ id: 'reply-headers', attributes: { 'X-Appeal': 'office' } }], false)
    expect(outcomeOf(result)).toBe(DENIED)
    expect(result.reply.headers.get('x-appeal')).toBe('office')
  })

  it.each([
    [{ acr: 'fido' }, true],
    [{ acr: ['fido', 'otp'] }, false],
  ])('by a challenge to sign in anew: %j, decision %s', async (attributes, decision) => {
    const result = await with_([{ id: 'step-up', attributes }], decision)
    expect(outcomeOf(result)).toBe('decision-point.step-up')
    expect(result.reply.status).toBe(401)
    const challenge = result.reply.headers.get('www-authenticate')
    expect(challenge).toContain('error="insufficient_user_authentication"')
    expect(challenge).toContain(`acr_values="${[attributes.acr].flat().join(' ')}"`)
  })

  it('by nothing where the user has signed in that way', async () => {
    expect(outcomeOf(await with_([{ id: 'step-up', attributes: { acr: ['fido', 'pwd'] } }]))).toBeUndefined()
  })

  it.each([
    { id: 'log-it' },
    { id: 'constructor' },
    { id: 'request-headers', attributes: { 'X-A': 'a\r\nX-B: b' } },
    { id: 'request-headers', attributes: { 'X A': 'a' } },
    { id: 'request-headers', attributes: { 'Content-Length': '0' } },
    { id: 'reply-headers', attributes: { 'Transfer-Encoding': 'chunked' } },
    { id: 'step-up' },
    { id: 'step-up', attributes: { acr: [] } },
    { id: 'step-up', attributes: { acr: 'pwd', maxAge: '60' } },
  ])('or refuses the call where it cannot: %j; as advice it is passed over', async (demand) => {
    const refused = await with_([demand])
    expect(outcomeOf(refused)).toBe('decision-point.unknown-obligation')
    expect(refused.x.trace[0]?.saw).toMatchObject({ unknown: demand.id })
    expect(outcomeOf(await with_([], true, [demand]))).toBeUndefined()
    expect(outcomeOf(await with_([demand], false))).toBe(DENIED)
  })

  it('of OPA and of XACML as well', async () => {
    const asOpa = {
      result: { allow: true, obligations: [{ id: 'reply-headers', attributes: { 'X-A': 1 } }] },
    }
    const asXacml = {
      Response: [
        {
          Decision: 'Permit',
          Obligations: [
            {
              Id: 'reply-headers',
              AttributeAssignment: [
                { AttributeId: 'X-A', Value: 1 },
                { AttributeId: 'X-B', Value: 'b' },
                { AttributeId: 'X-B', Value: 'c' },
              ],
            },
          ],
          AssociatedAdvice: [{ Id: 'whatever' }],
        },
      ],
    }
    const opa = await gateway(() => json(asOpa)).send({ dialect: 'opa' })
    expect(opa.reply.headers.get('x-a')).toBe('1')
    const xacml = await gateway(() => json(asXacml)).send({ dialect: 'xacml' })
    expect(xacml.reply.headers.get('x-b')).toBe('b, c')
  })
})
