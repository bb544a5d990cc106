import { makeAuthority } from '@portcullis/http1/fixture/make-certificate'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { changed, findingsOf, openTestSite, type TestSite } from '../test-kit.ts'

const authority = makeAuthority()
const pem = (text: string): string => JSON.stringify(text)
const withTls = (tls: string) =>
  changed(
    'warehouse/api.yaml',
    'upstream: https://warehouse.internal',
    `upstream: { targets: [{ url: "https://warehouse.internal" }], tls: ${tls} }`,
  )

describe('certificates of an upstream', () => {
  let site: TestSite
  beforeEach(async () => {
    site = await openTestSite()
  })
  afterEach(() => site.controlPlane.close())

  const warned = async (tls: string) => {
    const { warnings } = await site.controlPlane.apply(withTls(tls), { actor: 'test' })
    return warnings.filter(({ code }) => code === 'warning.certificate-not-valid')
  }

  it('are published when they can be read', async () => {
    site.clock.set(Date.now())
    expect(await warned(`{ authorities: ${pem(authority.certificate + authority.certificate)} }`)).toEqual([])
  })

  it.each([
    ['authorities', (text: string) => `{ authorities: ${pem(text)} }`, ''],
    [
      'a client certificate',
      (text: string) => `{ clientCertificate: { certificate: ${pem(text)}, key: backend-key } }`,
      '/clientCertificate/certificate',
    ],
  ])('are refused where %s cannot be read', async (_, tls) => {
    const cut = authority.certificate.slice(0, 200)
    for (const bad of [cut, authority.certificate + cut]) {
      expect(await findingsOf(site.controlPlane.apply(withTls(tls(bad)), { actor: 'test' }))).toMatchObject([
        { severity: 'error', code: 'model.bad-certificate', file: 'warehouse/api.yaml' },
      ])
    }
  })

  it('are warned of when one is not valid yet, or has expired', async () => {
    site.clock.set(Date.now() - 30 * 86_400_000)
    const early = await warned(`{ authorities: ${pem(authority.certificate)} }`)
    expect(early[0]?.message).toContain('is not valid before')
    site.clock.set(Date.now())
    const expired = authority.issue(['backend.example'], true)
    const [finding] = await warned(`{ authorities: ${pem(authority.certificate + expired.certificate)} }`)
    expect(finding?.message).toMatch(/^Certificate 2 \(CN=backend\.example\) was valid until /)
  })
})
