import { Secret } from '@portcullis/kernel/secret'
import type { SamlProviderSpec } from '@portcullis/model/resource/identity-provider/saml'
import { samlProvider } from '@portcullis/model/resource/identity-provider/saml'
import { manualClock } from '@portcullis/ports/clock/memory'
import { openMemoryIdentities } from '@portcullis/ports/identities/memory'
import { collectingLog } from '@portcullis/ports/log/memory'
import { openMemoryStore } from '@portcullis/ports/store/memory'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { openMemoryWeb } from '@portcullis/ports/web/memory'
import { openAssertions } from '@portcullis/saml/assertions'
import { type MetadataFacts, makeSigner, writeIdpMetadata } from '@portcullis/saml/fixture/idp'
import { describe, expect, it } from 'vitest'
import { upstreamFaults } from '../fault.ts'
import { trustReader } from './trust.ts'

const ISSUER = 'https://idp.example'
const URL_OF_METADATA = `${ISSUER}/metadata`
const [old, next, signer] = [makeSigner(), makeSigner(), makeSigner()]
const HOUR = 3_600_000
const write = (changes: Partial<MetadataFacts> = {}): string =>
  writeIdpMetadata({ issuer: ISSUER, certificates: [old.certificate], signIn: `${ISSUER}/sso`, ...changes })

/** A provider that tells of itself, and whoever asks it. */
function world(metadata: object = { url: URL_OF_METADATA }, first = write()) {
  const clock = manualClock(Date.UTC(2026, 0, 1))
  const site = { text: first, status: 200, asked: 0 }
  const store = openMemoryStore(clock)
  const ports = {
    clock,
    store,
    log: collectingLog(),
    web: openMemoryWeb({
      [URL_OF_METADATA]: () => {
        site.asked++
        if (site.status === 0) throw new Error('nobody answers')
        return { status: site.status, body: site.text }
      },
    }),
    identities: openMemoryIdentities({}),
    vault: openMemoryVault({}),
    assertions: openAssertions(),
  }
  const spec = (changes: object = metadata): SamlProviderSpec =>
    samlProvider.parse({ type: 'saml', title: 'Corp', issuer: ISSUER, metadata: changes })
  const reader = (changes?: object) =>
    trustReader(spec(changes), ports, { organization: 'hmart', name: 'corp' })
  const read = reader()
  const certificates = async () => (await read()).issuer.certificates
  const isAway = () =>
    read().then(
      () => false,
      (thrown) => upstreamFaults.unavailable.is(thrown),
    )
  return { clock, site, read, reader, certificates, isAway, log: ports.log }
}

describe('metadata at an address', () => {
  it('are fetched once for all who wait, and again when they are due', async () => {
    const { clock, site, read, certificates } = world()
    const trusts = await Promise.all([read(), read(), read()])
    expect(new Set(trusts).size).toBe(1)
    expect(trusts[0]?.signIn).toEqual({ binding: 'redirect', url: `${ISSUER}/sso` })
    expect(site.asked).toBe(1)
    site.text = write({ certificates: [old.certificate, next.certificate] })
    clock.advance(HOUR - 1)
    expect(await certificates()).toEqual([old.certificate])
    clock.advance(1)
    expect(await certificates()).toEqual([old.certificate, next.certificate])
    site.text = write({ certificates: [next.certificate] })
    clock.advance(HOUR)
    expect(await certificates()).toEqual([next.certificate])
    expect(site.asked).toBe(3)
  })

  it('are asked for as often as they say, yet not more often than each minute', async () => {
    const { clock, site, read } = world(undefined, write({ cacheDuration: 'PT10M' }))
    await read()
    clock.advance(600_000)
    site.text = write({ cacheDuration: 'PT1S' })
    await read()
    clock.advance(59_999)
    await read()
    expect(site.asked).toBe(2)
    clock.advance(1)
    await read()
    expect(site.asked).toBe(3)
  })

  it('stay the last good ones while there are none, or bad ones, and not for longer than is allowed', async () => {
    const { clock, site, certificates, isAway, log } = world({ url: URL_OF_METADATA, staleAfter: '4h' })
    await certificates()
    for (const [status, text] of [
      [0, ''],
      [500, write()],
      [200, '<html></html>'],
      [200, write({ issuer: 'https://else.example', certificates: [next.certificate] })],
    ] as const) {
      Object.assign(site, { status, text })
      clock.advance(1_800_000)
      expect(await certificates()).toEqual([old.certificate])
    }
    expect(log.lines.filter(({ level }) => level === 'warn').length).toBeGreaterThanOrEqual(3)
    clock.advance(2 * HOUR)
    expect(await isAway()).toBe(true)
    Object.assign(site, { status: 200, text: write({ certificates: [next.certificate] }) })
    clock.advance(60_000)
    expect(await certificates()).toEqual([next.certificate])
  })

  it('are kept for whoever starts while the provider is away, and for that address alone', async () => {
    const { site, read, reader } = world()
    await read()
    site.status = 0
    expect((await reader()()).issuer.certificates).toEqual([old.certificate])
    await expect(reader({ url: `${ISSUER}/other` })()).rejects.toSatisfy(upstreamFaults.unavailable.is)
    // What was kept unsigned does not count where a signature is demanded now.
    const pinned = reader({ url: URL_OF_METADATA, certificates: [signer.certificate] })
    await expect(pinned()).rejects.toSatisfy(upstreamFaults.unavailable.is)
  })

  it('count until they say, whatever else is allowed, and are asked for anew then', async () => {
    const until = new Date(Date.UTC(2026, 0, 1, 0, 30)).toISOString()
    const { clock, site, isAway, certificates } = world(undefined, write({ validUntil: until }))
    await certificates()
    site.status = 0
    clock.advance(1_800_000 + 59_999)
    expect(await isAway()).toBe(false)
    clock.advance(1)
    expect(await isAway()).toBe(true)
    Object.assign(site, { status: 200, text: write() })
    clock.advance(60_000)
    expect(await isAway()).toBe(false)
  })

  it('must be signed where a certificate is declared', async () => {
    const sign = (xml: string, by = signer) =>
      openAssertions().sign(xml, { key: new Secret(by.key), certificate: by.certificate })
    const { site, certificates, isAway } = world({
      url: URL_OF_METADATA,
      certificates: [signer.certificate],
    })
    expect(await isAway()).toBe(true)
    site.text = sign(write(), next)
    expect(await isAway()).toBe(true)
    site.text = sign(write())
    expect(await certificates()).toEqual([old.certificate])
  })

  it('are never fetched without TLS, unless from this machine', () => {
    const isTaken = (url: string): boolean =>
      samlProvider.safeParse({ type: 'saml', title: 'C', issuer: ISSUER, metadata: { url } }).success
    expect(['http://idp.example/m', 'http://127.0.0.1:1/m', 'https://idp.example/m'].map(isTaken)).toEqual([
      false,
      true,
      true,
    ])
  })
})

it('metadata in a file count until they say', async () => {
  const validUntil = new Date(Date.UTC(2026, 0, 1, 1)).toISOString()
  const { clock, certificates, isAway, site } = world({ file: 'corp.xml', text: write({ validUntil }) })
  expect(await certificates()).toEqual([old.certificate])
  clock.advance(HOUR + 60_000)
  expect(await isAway()).toBe(true)
  expect(site.asked).toBe(0)
})

it('is declared by metadata, or by certificates and addresses, and not by both', () => {
  const isTaken = (changes: object): boolean =>
    samlProvider.safeParse({ type: 'saml', title: 'Corp', issuer: ISSUER, ...changes }).success
  const declared = { certificates: [old.certificate], signIn: { url: `${ISSUER}/sso` } }
  const metadata = { url: URL_OF_METADATA }
  expect([{}, declared, { metadata }, { ...declared, metadata }].map(isTaken)).toEqual([
    false,
    true,
    true,
    false,
  ])
})
