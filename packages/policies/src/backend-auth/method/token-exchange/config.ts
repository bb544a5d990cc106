import { z } from '@portcullis/kernel/schema'
import { clientConfig } from '../../../client/config.ts'
import { tokenRequest } from '../../token-request-config.ts'

export const tokenExchangeConfig = z.strictObject({
  ...tokenRequest,
  client: clientConfig.describe('The gateway, as a client of the endpoint.'),
  form: z
    .enum(['token-exchange', 'on-behalf-of'])
    .default('token-exchange')
    .describe(
      'How the endpoint is asked: by RFC 8693, or with the token as assertion and requested_token_use=on_behalf_of.',
    ),
  share: z
    .enum(['token', 'caller'])
    .default('token')
    .describe(
      'For whom an exchanged token is kept: for the very token it was got for, or for every token of the same app, user, scopes and sign-in.',
    ),
})
export type TokenExchangeConfig = z.infer<typeof tokenExchangeConfig>
