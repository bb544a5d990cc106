import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readSettings, settingFaults } from './read-settings.ts'
import { environmentName } from './setting.ts'
import { settingNames, settings } from './settings.ts'

describe('settings', () => {
  let home: string
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'portcullis-settings-'))
  })
  afterEach(() => rmSync(home, { recursive: true }))

  const read = (environment: Record<string, string> = {}) =>
    readSettings({ PORTCULLIS_HOME: home, ...environment })
  const file = (text: string): void => writeFileSync(join(home, 'settings.yaml'), text)

  test('have their defaults when nothing is given', () => {
    expect(read()).toMatchObject({
      gatewayPort: 8080,
      controlPlanePort: 8081,
      authserverPort: 8082,
      host: '127.0.0.1',
      roles: ['authserver', 'control-plane', 'gateway'],
      clientSecret: undefined,
    })
    expect(readSettings({}).home).toBe('.portcullis')
  })

  test('come from the file, and the environment wins over it', () => {
    file('gatewayPort: 9000\nsample: false\n')
    expect(read()).toMatchObject({ gatewayPort: 9000, sample: false })
    expect(read({ PORTCULLIS_GATEWAY_PORT: '9001' }).gatewayPort).toBe(9001)
  })

  test('name nobody who may speak for callers, until they do', () => {
    expect(read()).toMatchObject({
      trustedProxies: undefined,
      trustedProxyFields: ['x-forwarded-for', 'x-forwarded-proto'],
    })
    file("trustedProxies: '10.0.0.0/8, 2001:db8::1'\ntrustedProxyFields: forwarded\n")
    expect(read()).toMatchObject({
      trustedProxies: ['10.0.0.0/8', '2001:db8::1'],
      trustedProxyFields: ['forwarded'],
    })
  })

  test('name groups of the key exchange, the preferred first', () => {
    expect(read().gatewayTlsGroups).toBeUndefined()
    expect(read({ PORTCULLIS_GATEWAY_TLS_GROUPS: 'X25519MLKEM768, X25519' }).gatewayTlsGroups).toBe(
      'X25519MLKEM768:X25519',
    )
  })

  test('give the gateway a thread for every core, within reason, unless they name a number', () => {
    const { gatewayThreads } = read()
    expect(gatewayThreads).toBeGreaterThanOrEqual(1)
    expect(gatewayThreads).toBeLessThanOrEqual(8)
    expect(read({ PORTCULLIS_GATEWAY_THREADS: '3' }).gatewayThreads).toBe(3)
  })

  test('leave secrets that policies name to the vault', () => {
    expect(read({ PORTCULLIS_SECRET_STOCK_CLIENT: 'x' })).toEqual(read())
  })

  test('ask for a name that is nearly right', () => {
    expect(() => read({ PORTCULLIS_GATWAY_PORT: '1' })).toThrow('Did you mean "PORTCULLIS_GATEWAY_PORT"?')
    file('gatwayPort: 1\n')
    expect(() => read()).toThrow('Did you mean "gatewayPort"?')
  })

  test.each([
    ['in the environment', { PORTCULLIS_GATEWAY_PROT: '1' }, ''],
    ['in the file', {}, 'gatewayProt: 1\n'],
  ])('refuse an unknown name %s', (_, environment, text) => {
    file(text)
    expect(() => read(environment)).toThrow(expect.objectContaining({ code: settingFaults.unknown.code }))
  })

  test.each([
    [{ PORTCULLIS_GATEWAY_PORT: '80a' }, 'a port: 0 to 65535'],
    [{ PORTCULLIS_GATEWAY_PORT: '65536' }, 'a port: 0 to 65535'],
    [{ PORTCULLIS_SAMPLE: 'yes' }, 'true or false'],
    [{ PORTCULLIS_ROLES: 'gateway,portal' }, 'some of'],
    [{ PORTCULLIS_AUTHSERVER_URL: 'https://auth.example/' }, 'an origin'],
    [{ PORTCULLIS_DECISIONS_KEPT_FOR: 'a week' }, 'a duration'],
    [{ PORTCULLIS_COUNTERS_CAPACITY: '0' }, 'above 0'],
    [{ PORTCULLIS_TRUSTED_PROXIES: '' }, 'a list of addresses'],
    [{ PORTCULLIS_TRUSTED_PROXIES: '10.0.0.1/8' }, 'nothing set behind a prefix'],
    [{ PORTCULLIS_TRUSTED_PROXIES: '10.0.0.0/8,proxy.example' }, 'a list of addresses'],
    [{ PORTCULLIS_TRUSTED_PROXY_FIELDS: 'x-real-ip' }, 'forwarded alone, or some of'],
    [{ PORTCULLIS_TRUSTED_PROXY_FIELDS: 'forwarded,x-forwarded-for' }, 'forwarded alone, or some of'],
    [{ PORTCULLIS_TRUSTED_PROXY_FIELDS: 'client-cert,forwarded,x-forwarded-for' }, 'forwarded alone'],
    [{ PORTCULLIS_GATEWAY_TLS_MINIMUM: '1.1' }, 'one of 1.2, 1.3'],
    [{ PORTCULLIS_GATEWAY_TLS_GROUPS: 'X25519,X25519KYBER' }, 'groups that this Node has'],
    [{ PORTCULLIS_GATEWAY_STRICT_TRANSPORT_SECURITY: 'max-age=1y' }, 'max-age=SECONDS'],
    [{ PORTCULLIS_GATEWAY_CLIENT_CERTIFICATES: 'maybe' }, 'one of none, requested, required'],
    [{ PORTCULLIS_GATEWAY_THREADS: '0' }, 'auto or a whole number from 1'],
    [{ PORTCULLIS_GATEWAY_THREADS: '1000' }, 'auto or a whole number from 1'],
    [{ PORTCULLIS_GATEWAY_THREADS: 'all' }, 'auto or a whole number from 1'],
  ])('refuse a value that a setting cannot have: %o', (environment, expected) => {
    expect(() => read(environment)).toThrow(expected)
  })

  test('never show a secret in what they refuse, nor print it', () => {
    expect(() => read({ PORTCULLIS_CLIENT_SECRET: '' })).toThrow('its value')
    expect(JSON.stringify(read({ PORTCULLIS_CLIENT_SECRET: 'sesame' }))).not.toContain('sesame')
  })

  test.each([
    ['gatewayPort: [1\n', settingFaults.unreadable.code],
    ['just a text\n', settingFaults.unreadable.code],
    ['gatewayPort: { a: 1 }\n', settingFaults.invalid.code],
    ['home: elsewhere\n', settingFaults.invalid.code],
  ])('refuse a file such as %j, naming it', (text, code) => {
    file(text)
    expect(() => read()).toThrow(
      expect.objectContaining({
        code,
        place: expect.objectContaining({ file: join(home, 'settings.yaml') }),
      }),
    )
  })

  test('each have a name in the environment of their own, a meaning, and a default that they accept', () => {
    expect(new Set(settingNames.map(environmentName)).size).toBe(settingNames.length)
    for (const name of settingNames) {
      const setting = settings[name]
      expect(setting.meaning).toMatch(/\.$/)
      if (setting.default !== undefined) expect(setting.parse(setting.default)).toHaveProperty('value')
    }
  })
})
