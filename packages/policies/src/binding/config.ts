import { name, z } from '@portcullis/kernel/schema'
import { algorithms } from '@portcullis/ports/keys/port'
import { wholeSeconds } from '../setting/duration-range.ts'

/** How callers have to prove that a token is theirs. A token that is bound is always held to it. */
export const bindingConfig = z.strictObject({
  require: z
    .enum(['none', 'any', 'dpop', 'certificate'])
    .default('none')
    .describe('Which binding a token must have; with none, tokens without a binding are taken too.'),
  proofAlgorithms: z
    .array(z.enum(algorithms))
    .min(1)
    .max(algorithms.length)
    .default(['ES256', 'EdDSA', 'PS256', 'RS256'])
    .describe('The algorithms with which DPoP proofs may be signed.'),
  proofAge: wholeSeconds('1s', '5m').default('60s').describe('How old a DPoP proof may be.'),
  nonceSecret: name()
    .optional()
    .describe(
      'Name of a secret of the vault: DPoP proofs then need a nonce of ours, and every node with this secret knows them.',
    ),
  nonceLifetime: wholeSeconds('10s', '1d')
    .default('5m')
    .describe('After which time a new nonce is given out; the one before counts as long again.'),
})
export type BindingConfig = z.infer<typeof bindingConfig>
