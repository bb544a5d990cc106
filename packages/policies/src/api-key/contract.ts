import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { OperationPlace, PolicyContract } from '@portcullis/policy-kit/policy'
import { type ApiKeyPlace, isApiKey, placeOf } from '../scheme/api-key-place.ts'
import { demandedSchemes } from '../scheme/requirement.ts'

const config = z.strictObject({})
export type ApiKeyConfig = z.infer<typeof config>

/** Where an operation's contract looks for keys, and whose they are. */
export interface ApiKeyFacts {
  readonly places: readonly (ApiKeyPlace & { readonly scheme: string })[]
  readonly organization: string
  readonly issuer: string
  readonly audience: string
}

const NEW_KEY = 'Ask the operators of the app for a new key: portcullis credential issue.'

export const apiKeyFaults = defineFaults('api-key', {
  'bad-request': {
    status: 400,
    title: 'It is not clear which key counts',
    remedy: 'Send one key, once, where the API’s contract names a place for it.',
  },
  malformed: {
    status: 401,
    title: 'This is no API key as it was given out',
    remedy: 'Send the key unchanged and whole: it begins with pck_ and has 89 characters.',
  },
  unknown: { status: 401, title: 'Nobody has this API key here', remedy: NEW_KEY },
  expired: { status: 401, title: 'The API key has expired', remedy: NEW_KEY },
  revoked: { status: 401, title: 'The API key was revoked', remedy: NEW_KEY },
})

export const apiKeyContract: PolicyContract<ApiKeyConfig, ApiKeyFacts> = {
  id: 'api-key',
  summary: 'Lets nobody in with a key that no app was given, or that is over.',
  phase: 'authenticate',
  stacking: 'nearest',
  config,
  faults: apiKeyFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  derive: keyFacts,
  satisfies: isApiKey,
}

function keyFacts({ revision, api, operation }: OperationPlace): ApiKeyFacts | undefined {
  const places = [...demandedSchemes(api.schemes, operation.security, isApiKey)].map(([scheme, each]) => ({
    ...placeOf(each),
    scheme,
  }))
  if (places.length === 0) return undefined
  const { organization, issuer } = revision
  return { places, organization, issuer: issuer.url, audience: api.audience }
}
