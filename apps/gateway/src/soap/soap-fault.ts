import type { IncomingRequest } from '@portcullis/policy-kit/exchange'
import { escapeXml } from '@portcullis/xml/write-xml'
import { type Problem, sayProblem } from '../listener/read-problem.ts'

interface SoapVersion {
  readonly type: string
  fault(isOurs: boolean, reason: string, detail: string): string
}

/** SOAP 1.1 §4.4. */
const soap11: SoapVersion = {
  type: 'text/xml; charset=utf-8',
  fault: (isOurs, reason, detail) =>
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>' +
    `<faultcode>s:${isOurs ? 'Server' : 'Client'}</faultcode><faultstring>${reason}</faultstring>` +
    `<detail>${detail}</detail></s:Fault></s:Body></s:Envelope>\n`,
}

/** SOAP 1.2 part 1, §5.4. */
const soap12: SoapVersion = {
  type: 'application/soap+xml; charset=utf-8',
  fault: (isOurs, reason, detail) =>
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault>' +
    `<s:Code><s:Value>s:${isOurs ? 'Receiver' : 'Sender'}</s:Value></s:Code>` +
    `<s:Reason><s:Text xml:lang="en">${reason}</s:Text></s:Reason>` +
    `<s:Detail>${detail}</s:Detail></s:Fault></s:Body></s:Envelope>\n`,
}

/** The SOAP that a request speaks, by the fields of its HTTP binding; undefined for all other requests. */
export function soapVersionOf({
  method,
  headers,
}: Pick<IncomingRequest, 'method' | 'headers'>): SoapVersion | undefined {
  const type = method === 'POST' ? headers.get('content-type') : undefined
  if (type === undefined) return undefined
  if (/^application\/soap\+xml *(?:;|$)/i.test(type)) return soap12
  // Other XML comes as text/xml, too (SOAP 1.1 §6.1.1).
  return /^text\/xml *(?:;|$)/i.test(type) && headers.has('soapaction') ? soap11 : undefined
}

/** A refusal as a fault; its detail is the problem in the XML of RFC 9457, appendix B. */
export function soapFault({ fault }: SoapVersion, status: number, problem: Problem): Uint8Array {
  const { type, code, title, detail, remedy, decision } = problem
  const said = { type, title, status: String(status), detail, code, remedy, decision }
  const members = Object.entries(said).map(([name, value]) =>
    value === undefined ? '' : `<${name}>${written(value)}</${name}>`,
  )
  const document = `<problem xmlns="urn:ietf:rfc:7807">${members.join('')}</problem>`
  return Buffer.from(fault(status >= 500, written(sayProblem(problem)), document))
}

/** Without what no document of XML can hold. */
function written(text: string): string {
  return escapeXml(text.toWellFormed().replaceAll(/[\p{Cc}\ufffe\uffff]/gu, ' '))
}
