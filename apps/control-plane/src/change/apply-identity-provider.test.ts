import { makeSigner, writeIdpMetadata } from '@portcullis/saml/fixture/idp'
import { afterAll, describe, expect, it } from 'vitest'
import { findingsOf, openTestSite, plus } from '../test-kit.ts'

const site = await openTestSite()
const { controlPlane } = site
afterAll(() => controlPlane.close())

const { certificate } = makeSigner()
const ISSUER = 'https://idp.example'
const metadata = (validUntil?: string): string =>
  writeIdpMetadata({
    issuer: ISSUER,
    certificates: [certificate],
    signIn: `${ISSUER}/sso`,
    ...(validUntil !== undefined && { validUntil }),
  })
const declaration = (spec: object): string =>
  JSON.stringify({
    kind: 'IdentityProvider',
    organization: 'hmart',
    name: 'corp',
    spec: { title: 'Corp', type: 'saml', issuer: ISSUER, ...spec },
  })
const bundle = (spec: object, xml?: string) => ({
  ...plus('idp/corp.json', declaration(spec)),
  ...(xml !== undefined && { 'idp/corp-metadata.xml': xml }),
})
const byFile = { metadata: { file: 'corp-metadata.xml' } }
const codesOf = async (spec: object, xml?: string): Promise<string[]> =>
  (await findingsOf(controlPlane.apply(bundle(spec, xml), { actor: 'test' })))
    .filter(({ severity }) => severity === 'error')
    .map(({ code }) => code)

describe('metadata in a file beside the declaration', () => {
  it('are kept with it, and come out as they went in', async () => {
    await controlPlane.apply(bundle(byFile, metadata()), { actor: 'test' })
    const exported = await controlPlane.exportFiles('hmart')
    expect(exported['hmart/identityprovider/corp/corp-metadata.xml']).toBe(metadata())
    expect(exported['hmart/identityprovider/corp.yaml']).toContain('file: corp/corp-metadata.xml')
    expect(exported['hmart/identityprovider/corp.yaml']).not.toContain('EntityDescriptor')
    expect((await controlPlane.diff(exported)).changes).toEqual([])
  })

  it('are refused where they are not there, of somebody else, over, or not signed as is declared', async () => {
    expect(await codesOf(byFile)).toContain('bundle.no-text-file')
    expect(await codesOf(byFile, metadata().replace(ISSUER, 'https://else.example'))).toEqual([
      'model.bad-metadata',
    ])
    expect(await codesOf(byFile, metadata('2020-01-01T00:00:00Z'))).toEqual(['model.bad-metadata'])
    const pinned = { metadata: { ...byFile.metadata, certificates: [certificate] } }
    expect(await codesOf(pinned, metadata())).toEqual(['model.bad-metadata'])
  })

  it('are no certificates that cannot be read', async () => {
    const broken = certificate.replace(/\n[A-Za-z0-9+/]{20}/, '\n')
    const declared = { certificates: [broken], signIn: { url: `${ISSUER}/sso` } }
    expect(await codesOf(declared)).toEqual(['model.bad-certificate'])
  })
})
