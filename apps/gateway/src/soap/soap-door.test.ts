import { LightSignal } from '@portcullis/kernel/signal'
import type { IncomingRequest } from '@portcullis/policy-kit/exchange'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import { refusalReply } from '@portcullis/policy-kit/message/problem'
import type { Reply } from '@portcullis/policy-kit/message/reply'
import { refuse } from '@portcullis/policy-kit/verdict'
import { everyElement, is, textOf } from '@portcullis/xml/element'
import { decodeXml, readXml } from '@portcullis/xml/read-xml'
import { describe, expect, test } from 'vitest'
import { gatewayFaults } from '../fault.ts'
import { soapDoor } from './soap-door.ts'

const SOAP_1_1 = { 'Content-Type': 'text/xml; charset=utf-8', SOAPAction: '""' }
const SOAP_1_2 = { 'Content-Type': 'application/soap+xml;action="urn:order"' }
const OF_1_1 = 'http://schemas.xmlsoap.org/soap/envelope/'
const OF_1_2 = 'http://www.w3.org/2003/05/soap-envelope'
const PROBLEM = 'urn:ietf:rfc:7807'

const refusal = (detail?: string): Reply =>
  refusalReply(
    refuse(gatewayFaults['malformed-request'](detail === undefined ? {} : { detail }), {
      challenges: ['Bearer realm="a"'],
    }),
    'dec_1',
  )

async function call(
  fields: Record<string, string>,
  reply: Reply,
  changes: Partial<IncomingRequest> = {},
): Promise<Reply> {
  const door = soapDoor({ handle: () => reply, refuse: () => reply })
  const headers = HeaderList.of(fields)
  const given = {
    method: 'POST',
    target: '/',
    headers,
    remoteAddress: '192.0.2.1',
    signal: new LightSignal(),
  }
  return door.handle({ ...given, ...changes })
}

/** Every text of a document, by the name of its element. */
function textsOf({ body }: Reply): Record<string, string> {
  const limits = { maxCharacters: 10_000, maxDepth: 10, maxElements: 50, maxAttributes: 5 }
  const root = readXml(decodeXml(body as Uint8Array), { ...limits, comments: 'refused' })
  const named = [...everyElement(root)].map((each) => [each, textOf(each)] as const)
  const envelope = [OF_1_1, OF_1_2].find((each) => is(root, each, 'Envelope')) ?? 'none'
  const problem = named.filter(([{ namespace }]) => namespace === PROBLEM).map(([{ name }]) => name)
  const texts = named.flatMap(([{ name }, text]) => (text === undefined ? [] : [[name, text] as const]))
  return { ...Object.fromEntries(texts), envelope, problem: problem.join(' ') }
}

describe('a refusal to a caller of SOAP', () => {
  test.each([
    [SOAP_1_1, 'text/xml; charset=utf-8', { envelope: OF_1_1, faultcode: 's:Client' }],
    [SOAP_1_2, 'application/soap+xml; charset=utf-8', { envelope: OF_1_2, Value: 's:Sender' }],
  ])('is a fault of its version, with status and fields as they were: %j', async (fields, type, said) => {
    const reply = await call(fields, refusal('Not <this> & "that".'))
    expect(reply.status).toBe(400)
    expect(reply.headers.all('content-type')).toEqual([type])
    expect(reply.headers.all('www-authenticate')).toEqual(['Bearer realm="a"'])
    expect(textsOf(reply)).toMatchObject({
      ...said,
      problem: 'problem type title status detail code remedy decision',
      code: 'gateway.malformed-request',
      detail: 'Not <this> & "that".',
      decision: 'dec_1',
      status: '400',
    })
    const { faultstring, Text } = textsOf(reply)
    expect(faultstring ?? Text).toContain('Not <this> & "that".')
  })

  test('says who is to blame', async () => {
    const failed = () => refusalReply(refuse(gatewayFaults['upstream-timeout']()), 'dec_1')
    expect(textsOf(await call(SOAP_1_1, failed()))).toMatchObject({ faultcode: 's:Server' })
    expect(textsOf(await call(SOAP_1_2, failed()))).toMatchObject({ Value: 's:Receiver' })
  })

  test('stays well-formed whatever is in it', async () => {
    const { detail } = textsOf(await call(SOAP_1_1, refusal('a\u0000b\u001b[31m\ud800]]>\uffff')))
    expect(detail).toBe('a b [31m\ufffd]]> ')
  })

  test.each([
    [{ 'Content-Type': 'text/xml' }, {}],
    [{ 'Content-Type': 'application/json', SOAPAction: '""' }, {}],
    [SOAP_1_1, { method: 'PUT' }],
    [{}, {}],
  ])('is a problem document for all others: %j %j', async (fields, changes) => {
    const reply = await call(fields as Record<string, string>, refusal(), changes)
    expect(reply.headers.get('content-type')).toBe('application/problem+json')
  })

  test('is none where a backend says something of its own', async () => {
    const headers = HeaderList.of({ 'Content-Type': 'application/problem+json' })
    for (const text of ['{"type":"about:blank","code":"a.b"}', 'null', '{', '[]']) {
      const body = Buffer.from(text)
      expect(await call(SOAP_1_1, { status: 400, headers: headers.copy(), body })).toMatchObject({ body })
    }
  })
})
