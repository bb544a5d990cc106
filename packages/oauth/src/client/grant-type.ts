import { type Grant, grant } from '@portcullis/model/resource/app'

/** Where a token request names a grant by something else than its own word. */
const GRANT_TYPES: Partial<Readonly<Record<Grant, string>>> = {
  token_exchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
  device_code: 'urn:ietf:params:oauth:grant-type:device_code',
  ciba: 'urn:openid:params:grant-type:ciba',
  jwt_bearer: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  saml_bearer: 'urn:ietf:params:oauth:grant-type:saml2-bearer',
}

/** The `grant_type` by which a token request names a grant. */
export function grantTypeOf(grant: Grant): string {
  return GRANT_TYPES[grant] ?? grant
}

export function grantOfType(type: string): Grant | undefined {
  return grant.options.find((each) => grantTypeOf(each) === type)
}
