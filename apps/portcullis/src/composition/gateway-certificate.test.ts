import { describe, expect, test } from 'vitest'
import { readSettings } from '../setting/read-settings.ts'
import { certificateFolder, plainDoor } from './gateway-certificate.ts'

const folderOf = (environment: Record<string, string>) => certificateFolder(readSettings(environment))
const certificates = { PORTCULLIS_GATEWAY_CERTIFICATES: 'there' }
const authorities = { PORTCULLIS_GATEWAY_CLIENT_AUTHORITIES: 'clients.pem' }
const requested = { PORTCULLIS_GATEWAY_CLIENT_CERTIFICATES: 'requested' }

describe('certificates of the gateway', () => {
  test('are none unless there is a folder', () => {
    expect(folderOf({})).toBeUndefined()
    expect(folderOf(certificates)).toMatchObject({ path: 'there', minVersion: 'TLSv1.2', client: undefined })
  })

  test('come with those of clients when they are asked for', () => {
    const all = {
      ...certificates,
      ...authorities,
      ...requested,
      PORTCULLIS_GATEWAY_CLIENT_REVOCATIONS: 'revoked.pem',
    }
    expect(folderOf(all)?.client).toEqual({
      mode: 'requested',
      authorities: 'clients.pem',
      revocations: 'revoked.pem',
    })
  })

  test('let callers without TLS be answered, where there is TLS', () => {
    const plain = { PORTCULLIS_GATEWAY_PLAIN_PORT: '80' }
    expect(plainDoor(readSettings({ ...certificates, ...plain }))).toEqual({ port: 80, answer: 'redirect' })
    expect(plainDoor(readSettings(certificates))).toBeUndefined()
    expect(() => plainDoor(readSettings(plain))).toThrow('gatewayCertificates is not')
  })

  test.each([
    [
      'authorities without asking for certificates',
      { ...certificates, ...authorities },
      'gatewayClientCertificates is not',
    ],
    [
      'certificates without authorities',
      { ...certificates, ...requested },
      'gatewayClientAuthorities is not',
    ],
    ['certificates without TLS', { ...requested, ...authorities }, 'gatewayCertificates is not'],
    [
      'revocations without asking for certificates',
      { ...certificates, PORTCULLIS_GATEWAY_CLIENT_REVOCATIONS: 'revoked.pem' },
      'gatewayClientCertificates is not',
    ],
  ])('are refused as a half: %s', (_, environment, told) => {
    expect(() => folderOf(environment)).toThrow(told)
  })
})
