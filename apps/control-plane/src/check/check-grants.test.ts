import { makeAuthority } from '@portcullis/http1/fixture/make-certificate'
import { afterEach, describe, expect, it } from 'vitest'
import { changed, findingsOf, openTestSite, type TestSite } from '../test-kit.ts'

const sites: TestSite[] = []

afterEach(async () => {
  await Promise.all(sites.splice(0).map((site) => site.controlPlane.close()))
})

/** What is found wrong, as `code path`, with an app whose spec says this beside its title. */
async function wrongWith(spec: string): Promise<string[]> {
  const site = await openTestSite()
  sites.push(site)
  const bundle = changed('shop.yaml', 'grants: [client_credentials]', spec)
  const findings = await findingsOf(site.controlPlane.apply(bundle, { actor: 'test' }))
  return findings.map(({ code, path }) => `${code} ${path}`)
}

const right = (from: string) => `{ from: "${from}", to: "https://b.example", scopes: [] }`

it('refuses a grant to exchange tokens without any right, and a right without the grant', async () => {
  expect(await wrongWith('grants: [token_exchange]')).toEqual(['model.bad-exchange /spec/grants'])
  const rights = `serves: ["https://a.example"], exchangeRights: [${right('https://a.example')}]`
  expect(await wrongWith(`grants: [client_credentials], ${rights}`)).toEqual([
    'model.bad-exchange /spec/exchangeRights',
  ])
})

it('refuses a right for an API that the app does not serve, and the same right twice', async () => {
  const rights = `serves: ["https://a.example"], exchangeRights: [${right('https://a.example')}, ${right('https://a.example')}, ${right('https://c.example')}]`
  expect(await wrongWith(`grants: [token_exchange], ${rights}`)).toEqual([
    'model.bad-exchange /spec/exchangeRights/1',
    'model.bad-exchange /spec/exchangeRights/2/from',
  ])
})

const key = '{ kty: OKP, crv: Ed25519, x: AAAA }'

it('refuses an app that signs without keys, with keys in two places, and a public one with a key', async () => {
  expect(await wrongWith('grants: [jwt_bearer]')).toEqual(['model.bad-keys /spec'])
  const both = `jwks: { keys: [${key}] }, jwksUri: "https://robot.example/jwks"`
  expect(await wrongWith(`grants: [client_credentials], authentication: private_key_jwt, ${both}`)).toEqual([
    'model.bad-keys /spec/jwksUri',
  ])
  const isPublic = 'grants: [authorization_code], redirectUris: ["https://a.example/b"], public: true'
  expect(await wrongWith(`${isPublic}, authentication: private_key_jwt, jwks: { keys: [${key}] }`)).toEqual([
    'model.bad-keys /spec/authentication',
  ])
})

it('refuses an app with the name of a user (RFC 9700 §4.15)', async () => {
  const site = await openTestSite()
  sites.push(site)
  const bundle = changed('shop.yaml', 'alice', 'robot')
  const findings = await findingsOf(site.controlPlane.apply(bundle, { actor: 'test' }))
  expect(findings.map(({ code }) => code)).toEqual(['model.name-of-user'])
})

it('refuses FAPI 2.0 to an app that has only a secret', async () => {
  expect(await wrongWith('grants: [client_credentials], profile: fapi2')).toEqual([
    'model.bad-keys /spec/profile',
  ])
})

it('refuses to push tokens to an app that asks no users, is told as well, or must have bound ones', async () => {
  const push = 'pushUri: "https://robot.example/tokens"'
  const wrong = 'model.bad-delivery /spec/pushUri'
  expect(await wrongWith(`grants: [client_credentials], ${push}`)).toEqual([wrong])
  expect(await wrongWith(`grants: [ciba], ${push}, pingUri: "https://robot.example/ping"`)).toEqual([wrong])
  expect(await wrongWith(`grants: [ciba], ${push}, boundTokens: true`)).toEqual([wrong])
})

it('refuses a private key, and vouching without the grant for it', async () => {
  const secret = '{ kty: OKP, crv: Ed25519, x: AAAA, d: AAAA }'
  expect(await wrongWith(`grants: [jwt_bearer], jwks: { keys: [${secret}] }`)).toEqual([
    'bundle.bad-declaration /spec/jwks/keys/0/d',
  ])
  expect(await wrongWith('grants: [client_credentials], vouchesForUsers: true')).toEqual([
    'model.bad-keys /spec/vouchesForUsers',
  ])
})

it('refuses every grant that needs a secret to an app that has none', async () => {
  for (const grant of ['token_exchange', 'password']) {
    expect(await wrongWith(`grants: [${grant}], public: true`)).toContain(
      'model.public-without-user /spec/grants',
    )
  }
})

it('warns of an app that sees passwords, or vouches for users', async () => {
  const site = await openTestSite()
  sites.push(site)
  const spec = `grants: [password, jwt_bearer], vouchesForUsers: true, jwks: { keys: [${key}] }`
  const bundle = changed('shop.yaml', 'grants: [client_credentials]', spec)
  const { warnings } = await site.controlPlane.apply(bundle, { actor: 'test' })
  expect(warnings.map(({ code }) => code)).toEqual(['warning.password-grant', 'warning.vouches-for-users'])
})

it('takes a client of another issuer for one app alone', async () => {
  const client = '{ issuer: "https://login.example", clientId: shop-frontend }'
  expect(await wrongWith(`grants: [client_credentials], external: [${client}, ${client}]`)).toEqual([
    'model.external-taken /spec/external/1',
  ])
})

describe('an app that stands for clients with documents', () => {
  const documents = (place: string) => `grants: [authorization_code], clientDocuments: ["${place}"]`

  it('is taken with what it may say, and with no redirect URI', async () => {
    const more = 'stage: production, boundTokens: true, requests: signed, authorizationDetails: [payment]'
    const site = await openTestSite()
    sites.push(site)
    const spec = `${documents('https://editor.example/')}, ${more}`
    const bundle = changed('shop.yaml', 'grants: [client_credentials]', spec)
    await expect(site.controlPlane.apply(bundle, { actor: 'test' })).resolves.toBeDefined()
  })

  it.each([
    ['firstParty: true', 'firstParty'],
    ['consentedScopes: [list_items]', 'consentedScopes'],
    ['redirectUris: ["https://a.example/b"]', 'redirectUris'],
    ['public: true', 'public'],
    ['jwksUri: "https://a.example/jwks"', 'jwksUri'],
    ['serves: ["https://a.example"]', 'serves'],
    ['profile: fapi2', 'profile'],
    ['external: [{ issuer: "https://a.example", clientId: b }]', 'external'],
  ])('is refused with %s', async (more, key) => {
    expect(await wrongWith(`${documents('https://editor.example/')}, ${more}`)).toEqual([
      `model.bad-client-documents /spec/${key}`,
    ])
  })

  it('is refused with a grant by which no user is asked', async () => {
    const spec = 'grants: [client_credentials], clientDocuments: ["https://editor.example/"]'
    expect(await wrongWith(spec)).toEqual(['model.bad-client-documents /spec/grants'])
  })

  it('is refused where another stands for the same documents, or for some of them', async () => {
    const site = await openTestSite()
    sites.push(site)
    const bundle = changed(
      'shop.yaml',
      'grants: [client_credentials]',
      documents('https://editor.example/a/'),
    )
    const second = (place: string) => ({
      ...bundle,
      'second.yaml': `kind: App\norganization: hmart\nname: second\nspec: { title: Second, ${documents(place)} }\n`,
    })
    for (const place of [
      'https://editor.example/',
      'https://editor.example/a/b.json',
      'https://editor.example/a/',
    ]) {
      const findings = await findingsOf(site.controlPlane.apply(second(place), { actor: 'test' }))
      expect(findings.map(({ code }) => code)).toContain('model.client-documents-taken')
    }
    const apart = site.controlPlane.apply(second('https://editor.example/b/'), { actor: 'test' })
    await expect(apart).resolves.toBeDefined()
  })
})

describe('an app that an identity provider checks', () => {
  const provider = (more: string) =>
    `---\nkind: IdentityProvider\norganization: hmart\nname: office\nspec: { title: Office, type: oidc, issuer: "https://office.example", clientId: us, authentication: { by: secret, secret: office }${more} }\n`
  const codesOf = async (spec: string, more = ', clientChecks: {}', others = '') => {
    const site = await openTestSite()
    sites.push(site)
    const bundle = changed(
      'shop.yaml',
      'grants: [client_credentials]',
      `grants: [client_credentials], ${spec}`,
    )
    const all = { ...bundle, 'office.yaml': provider(more).slice(4) + others }
    const outcome = await site.controlPlane.validate(all)
    return outcome.filter(({ severity }) => severity === 'error').map(({ code, path }) => `${code} ${path}`)
  }
  const by = (clientId = 'till 7') => `checkedBy: { identityProvider: office, clientId: "${clientId}" }`
  const second = (spec: string) =>
    `---\nkind: App\norganization: hmart\nname: second\nspec: { title: Second, grants: [client_credentials]${spec} }\n`

  it('is taken with the provider that does', async () => {
    expect(await codesOf(by())).toEqual([])
  })

  it('is refused where that checks nobody, is not there, or another proof is asked for', async () => {
    expect(await codesOf(by(), '')).toEqual(['model.no-client-checks /spec/checkedBy/identityProvider'])
    const nowhere = 'checkedBy: { identityProvider: nobody, clientId: x }'
    expect(await codesOf(nowhere)).toEqual(['model.unknown-reference /spec/checkedBy/identityProvider'])
    const keyed = `${by()}, authentication: private_key_jwt, jwksUri: "https://a.example/jwks"`
    expect(await codesOf(keyed)).toEqual(['model.bad-keys /spec/checkedBy'])
  })

  it('is refused where another is called the same, here or there', async () => {
    const taken = 'model.external-taken /spec/checkedBy/clientId'
    expect(await codesOf(by(), ', clientChecks: {}', second(`, ${by()}`))).toEqual([taken])
    expect(await codesOf(by('second'), ', clientChecks: {}', second(''))).toEqual([taken])
  })

  it('keeps what was checked for an hour at most', async () => {
    const codes = await codesOf(by(), ', clientChecks: { keepFor: 2h }')
    expect(codes.join()).toContain('/spec/clientChecks/keepFor')
  })
})

describe('an app for which an identity provider speaks', () => {
  const codesOf = async (spec: string, more: string) => {
    const site = await openTestSite()
    sites.push(site)
    const grants = 'grants: [client_credentials]'
    const { certificate } = makeAuthority().issue(['corp'])
    const corp = `kind: IdentityProvider\norganization: hmart\nname: corp\nspec: { title: Corp, type: saml, issuer: "https://idp.example", certificates: [${JSON.stringify(certificate)}], signIn: { url: "https://idp.example/sso" }${more} }\n`
    const bundle = { ...changed('shop.yaml', grants, `${grants}, ${spec}`), 'corp.yaml': corp }
    const outcome = await site.controlPlane.validate(bundle)
    return outcome.filter(({ severity }) => severity === 'error').map(({ code, path }) => `${code} ${path}`)
  }

  it('is taken with one that vouches for apps alone, and with no other proof beside', async () => {
    const vouching = ', vouchesForApps: true'
    expect(await codesOf('assertedBy: corp', vouching)).toEqual([])
    const unvouched = ['model.no-client-checks /spec/assertedBy']
    expect(await codesOf('assertedBy: corp', ', vouchesForUsers: true')).toEqual(unvouched)
    expect(await codesOf('assertedBy: nobody', vouching)).toEqual([
      'model.unknown-reference /spec/assertedBy',
    ])
    const keyed = 'assertedBy: corp, authentication: private_key_jwt, jwksUri: "https://a.example/jwks"'
    expect(await codesOf(keyed, vouching)).toEqual(['model.bad-keys /spec/assertedBy'])
  })
})
