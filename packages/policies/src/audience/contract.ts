import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { OtherEnvironment } from '@portcullis/model/revision'
import type { OperationPlace, PolicyContract } from '@portcullis/policy-kit/policy'
import { attachedTo } from '@portcullis/policy-kit/step/attached'

const config = z.strictObject({
  only: z
    .enum(['this-environment', 'this-api'])
    .default('this-environment')
    .describe(
      'For whom a token may be meant: this-environment, no other environment of the organization; this-api, nobody but the API version that is called.',
    ),
})
export type AudienceConfig = z.infer<typeof config>

export interface AudienceFacts {
  /** The audience of the API version, and the URL of its environment. */
  readonly audience: string
  readonly environmentUrl: string
  readonly others: readonly OtherEnvironment[]
}

export const audienceFaults = defineFaults('audience', {
  'other-environment': {
    status: 401,
    title: 'The token is meant for another environment',
    remedy: 'Fetch a token for this environment alone: name this API, and no other, as resource (RFC 8707).',
  },
  'other-api': {
    status: 401,
    title: 'The token is meant for others besides this API',
    remedy: 'Fetch a token for this API alone: name it, and no other, as resource (RFC 8707).',
  },
})

export const audienceContract: PolicyContract<AudienceConfig, AudienceFacts> = {
  id: 'audience',
  summary: 'Lets no token in that is good in another environment as well, such as one of a sandbox.',
  phase: 'authorize',
  stacking: 'nearest',
  config,
  faults: audienceFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  derive: audienceFacts,
}

/** Where nobody else's tokens could come, there is nothing to look at, unless somebody attached the policy. */
function audienceFacts(place: OperationPlace): AudienceFacts | undefined {
  const { revision, api, operation } = place
  if (operation.security.length === 0) return undefined
  const others = revision.otherEnvironments
  const isAttached = attachedTo(place).some(({ attachment }) => attachment.policy === audienceContract.id)
  if (others.length === 0 && !isAttached) return undefined
  const { audience, basePath } = api
  return { audience, environmentUrl: audience.slice(0, -basePath.length), others }
}
