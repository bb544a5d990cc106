import type { Complex } from './match.ts'
import { GROUP, USER } from './user.ts'

export const MAX_RESULTS = 200

const yes = { supported: true }
const no = { supported: false }

/** What this service can do (RFC 7643 §5). */
export const serviceProviderConfig = (base: string): Complex => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
  patch: yes,
  bulk: { ...no, maxOperations: 0, maxPayloadSize: 0 },
  filter: { ...yes, maxResults: MAX_RESULTS },
  changePassword: no,
  sort: no,
  etag: yes,
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'Bearer token',
      description: 'A token that was issued for provisioning this organization.',
      primary: true,
    },
  ],
  meta: { resourceType: 'ServiceProviderConfig', location: `${base}/ServiceProviderConfig` },
})

export const resourceTypes = (base: string): readonly Complex[] =>
  [
    { id: 'User', endpoint: '/Users', schema: USER },
    { id: 'Group', endpoint: '/Groups', schema: GROUP },
  ].map((each) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
    name: each.id,
    ...each,
    meta: { resourceType: 'ResourceType', location: `${base}/ResourceTypes/${each.id}` },
  }))

type Mutability = 'readWrite' | 'readOnly'

function attribute(name: string, more: Complex = {}, mutability: Mutability = 'readWrite'): Complex {
  const usual = { type: 'string', multiValued: false, required: false, caseExact: false, uniqueness: 'none' }
  return { name, ...usual, mutability, returned: 'default', ...more }
}

const many = (subAttributes: readonly Complex[]): Complex => ({
  type: 'complex',
  multiValued: true,
  subAttributes,
})

export const schemas = (base: string): readonly Complex[] =>
  [
    {
      id: USER,
      name: 'User',
      attributes: [
        attribute('userName', { required: true, uniqueness: 'server' }),
        attribute('displayName'),
        attribute('name', {
          type: 'complex',
          subAttributes: [attribute('givenName'), attribute('familyName')],
        }),
        attribute('emails', many([attribute('value'), attribute('primary', { type: 'boolean' })])),
        attribute('roles', many([attribute('value')])),
        attribute('active', { type: 'boolean' }),
        attribute('groups', many([attribute('display', {}, 'readOnly')]), 'readOnly'),
      ],
    },
    {
      id: GROUP,
      name: 'Group',
      attributes: [
        attribute('displayName', { required: true, uniqueness: 'server' }),
        attribute('members', many([attribute('value')])),
      ],
    },
  ].map((each) => ({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
    ...each,
    meta: { resourceType: 'Schema', location: `${base}/Schemas/${each.id}` },
  }))
