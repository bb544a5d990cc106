import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Client, createClientAsync, type ISecurity, WSSecurity } from 'soap'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { portcullis } from '../src/command.ts'
import { apiDeclaration, offerText, writeFiles } from '../src/declaration.ts'
import { type System, startSystem } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

const PASSWORD = 'as long and random as passwords of programs are'

const CONTRACT = `
openapi: 3.1.0
info: { title: Things (SOAP), version: 1.0.0 }
components:
  securitySchemes:
    partner: { type: http, scheme: wsse }
security: [{ partner: [] }]
paths:
  /things:
    post:
      operationId: orderThing
      responses: { '200': { description: A SOAP message } }
`

const POLICIES = `      policies:
        - policy: ws-security
          config:
            usernameToken:
              users:
                acme: { password: acme-soap, app: stock-viewer }
              accept: [digest, text]
      deployments:`

const wsdl = (address: string): string => `<?xml version="1.0"?>
<definitions name="Things" targetNamespace="urn:things" xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:tns="urn:things"
  xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <types><xsd:schema targetNamespace="urn:things" elementFormDefault="qualified">
    <xsd:element name="Order"><xsd:complexType><xsd:sequence><xsd:element name="thing" type="xsd:string"/></xsd:sequence></xsd:complexType></xsd:element>
    <xsd:element name="Ordered"><xsd:complexType><xsd:sequence><xsd:element name="by" type="xsd:string"/></xsd:sequence></xsd:complexType></xsd:element>
  </xsd:schema></types>
  <message name="OrderIn"><part name="parameters" element="tns:Order"/></message>
  <message name="OrderOut"><part name="parameters" element="tns:Ordered"/></message>
  <portType name="Things"><operation name="Order"><input message="tns:OrderIn"/><output message="tns:OrderOut"/></operation></portType>
  <binding name="Things" type="tns:Things">
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="Order"><soap:operation soapAction="urn:things:order"/><input><soap:body use="literal"/></input><output><soap:body use="literal"/></output></operation>
  </binding>
  <service name="Things"><port name="Things" binding="tns:Things"><soap:address location="${address}"/></port></service>
</definitions>`

/** A fault as the tool has read it. */
interface SoapFault {
  readonly Envelope: {
    readonly Body: { readonly Fault: { readonly detail: { readonly problem: { readonly code: unknown } } } }
  }
}

describe('a partner whose tool speaks WS-Security', () => {
  const folder = temporaryFolder()
  const received: string[] = []
  let system: System
  let backend: Server
  let client: Client
  beforeAll(async () => {
    const secrets = join(folder.path, 'secrets')
    mkdirSync(secrets)
    writeFileSync(join(secrets, 'acme-soap'), PASSWORD)
    system = await startSystem({ PORTCULLIS_SECRETS_FOLDER: secrets })
    backend = createServer(async (request, response) => {
      received.push((await request.toArray()).join(''))
      response.setHeader('Content-Type', 'text/xml')
      response.end(
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>' +
          '<Ordered xmlns="urn:things"><by>backend</by></Ordered></s:Body></s:Envelope>',
      )
    }).listen(0, '127.0.0.1')
    await once(backend, 'listening')
    const upstream = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`
    writeFiles(folder.path, {
      'bundle/things.yaml':
        apiDeclaration('things', upstream).replace('      deployments:', POLICIES) + offerText(''),
      'bundle/things.openapi.yaml': CONTRACT,
    })
    const applied = await portcullis(system.environment, 'apply', '-f', join(folder.path, 'bundle'))
    expect(applied).toMatchObject({ code: 0 })
    const address = `${system.running.addresses.gateway}/things/v1/things`
    await vi.waitFor(async () => {
      const { status } = await fetch(address, { method: 'POST' })
      if (status !== 401) throw new Error(`not in force yet: ${status}`)
    }, 30_000)
    writeFileSync(join(folder.path, 'things.wsdl'), wsdl(address))
    client = await createClientAsync(join(folder.path, 'things.wsdl'))
  })
  afterAll(async () => {
    backend?.close().closeAllConnections()
    await system?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const digest = (password = PASSWORD) =>
    new WSSecurity('acme', password, { passwordType: 'PasswordDigest', mustUnderstand: true })

  /** The status, and the answer or the code of the refusal, as the partner's tool reads its fault. */
  async function order(security?: ISecurity): Promise<readonly [number, string]> {
    client.setSecurity(security as ISecurity)
    try {
      const [answer, , , , , response] = await client.OrderAsync({ thing: 'kimchi & more' })
      return [response?.status ?? 200, String(answer.by)]
    } catch (thrown) {
      const { response, root } = thrown as { response?: { status: number }; root?: SoapFault }
      return [response?.status ?? 0, String(root?.Envelope.Body.Fault.detail.problem.code)]
    }
  }

  test('orders with a digest, again and again, and the service sees nothing of it', async () => {
    expect(await order(digest())).toEqual([200, 'backend'])
    expect(await order(digest())).toEqual([200, 'backend'])
    expect(received).toHaveLength(2)
    for (const message of received) {
      expect(message).toContain('kimchi &amp; more')
      expect(message).not.toMatch(/Security|acme|Password/)
    }
  })

  test('is refused without one, with a wrong one, and with one that was overheard', async () => {
    expect(await order()).toEqual([401, 'scope.no-credentials'])
    expect(await order(digest('a guess'))).toEqual([401, 'ws-security.refused'])
    // A tool that sends the same header again is somebody who overheard it.
    const overheard = digest()
    const header = overheard.toXML()
    const again = { ...overheard, toXML: () => header } as ISecurity
    expect(await order(again)).toEqual([200, 'backend'])
    expect(await order(again)).toEqual([401, 'ws-security.refused'])
  })

  test('gets no password through that anybody could read', async () => {
    const text = new WSSecurity('acme', PASSWORD, { passwordType: 'PasswordText' })
    expect(await order(text)).toEqual([400, 'ws-security.needs-tls'])
  })
})
