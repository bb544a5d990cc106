import { appSpec } from '@portcullis/model/resource/app'
import { describe, expect, it } from 'vitest'
import { describeClient } from './client-document.ts'

const id = 'https://editor.example/clients/a.json'
const standing = (changes: object = {}) =>
  appSpec.parse({
    title: 'Editors',
    grants: ['authorization_code', 'refresh_token'],
    clientDocuments: ['https://editor.example/'],
    ...changes,
  })
const told = (changes: object = {}) => ({
  client_id: id,
  redirect_uris: ['https://editor.example/back'],
  ...changes,
})

describe('a client, as its document describes it', () => {
  it('proves nothing where it does not say how, and is called by its host where it has no name', () => {
    expect(describeClient(id, told(), standing())).toMatchObject({
      app: { title: 'editor.example', public: true, grants: ['authorization_code'] },
    })
  })

  it('may have its keys on its own host, and nowhere else', () => {
    const keyed = (jwks_uri: string) =>
      describeClient(id, told({ token_endpoint_auth_method: 'private_key_jwt', jwks_uri }), standing())
    expect(keyed('https://editor.example/jwks')).toMatchObject({
      app: { authentication: 'private_key_jwt', jwksUri: 'https://editor.example/jwks', public: false },
    })
    for (const elsewhere of ['https://other.example/jwks', 'http://editor.example/jwks', 'nowhere']) {
      expect(keyed(elsewhere)).toHaveProperty('refusal')
    }
  })

  it('has of what it asks for what the app has that stands for it', () => {
    const grant_types = ['refresh_token', 'authorization_code', 'client_credentials', 'password']
    expect(describeClient(id, told({ grant_types }), standing())).toMatchObject({
      app: { grants: ['refresh_token', 'authorization_code'] },
    })
  })

  it('never says of itself what an administrator says of apps', () => {
    const own = {
      firstParty: true,
      consentedScopes: ['pay'],
      serves: ['https://api.example'],
      vouchesForUsers: true,
      exchangeRights: [],
      owner: 'eve',
      registered: {},
      backchannel_logout_uri: 'https://editor.example/out',
    }
    const described = describeClient(id, told(own), standing({ owner: 'ada', stage: 'sandbox' }))
    expect(described).toEqual({
      app: {
        title: 'editor.example',
        grants: ['authorization_code'],
        redirectUris: ['https://editor.example/back'],
        public: true,
        firstParty: false,
        owner: 'ada',
        stage: 'sandbox',
      },
    })
  })

  it('is held to what the app demands that stands for it, and may demand more', () => {
    const demanding = standing({ boundTokens: true, authorizationDetails: ['payment'] })
    expect(describeClient(id, told(), demanding)).toMatchObject({
      app: { boundTokens: true, authorizationDetails: ['payment'] },
    })
    expect(describeClient(id, told({ dpop_bound_access_tokens: true }), standing())).toMatchObject({
      app: { boundTokens: true },
    })
    expect(describeClient(id, told(), standing({ requests: 'signed' }))).toHaveProperty('refusal')
  })

  it.each([undefined, null, 'text', 7, [], [told()]])('is none where the document is %j', (fetched) => {
    expect(describeClient(id, fetched, standing())).toHaveProperty('refusal')
  })
})
