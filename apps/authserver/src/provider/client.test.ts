import type { AppSpec } from '@portcullis/model/resource/app'
import { describe, expect, it } from 'vitest'
import { APPROVED_TOKEN, clientMetadata, SCOPE_REQUEST } from './client.ts'

function metadataOf(changes: Partial<AppSpec>) {
  const app = { title: 'App', grants: [], redirectUris: [], public: false, firstParty: false, ...changes }
  return clientMetadata('app', app)
}

describe('an app as a client', () => {
  it('keeps only redirect URIs to which a code may be sent', () => {
    const redirectUris = ['https://app.example/cb', 'http://app.example/cb', 'javascript:alert(1)']
    expect(metadataOf({ grants: ['authorization_code'], redirectUris }).redirect_uris).toEqual([
      redirectUris[0],
    ])
  })

  it('without a redirect URI signs nobody in', () => {
    const metadata = metadataOf({ grants: ['authorization_code', 'refresh_token', 'client_credentials'] })
    expect(metadata).toMatchObject({
      grant_types: ['client_credentials', APPROVED_TOKEN, SCOPE_REQUEST],
      response_types: [],
      redirect_uris: [],
    })
  })

  it('that is public never acts for itself and has no secret', () => {
    const metadata = metadataOf({
      grants: ['client_credentials', 'authorization_code'],
      redirectUris: ['https://app.example/cb'],
      public: true,
    })
    expect(metadata).toMatchObject({
      grant_types: ['authorization_code', APPROVED_TOKEN, SCOPE_REQUEST],
      token_endpoint_auth_method: 'none',
    })
  })
})
