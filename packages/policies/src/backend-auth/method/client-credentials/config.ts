import { z } from '@portcullis/kernel/schema'
import { clientConfig } from '../../../client/config.ts'
import { tokenRequest } from '../../token-request-config.ts'

export const clientCredentialsConfig = z.strictObject({
  ...tokenRequest,
  client: clientConfig.describe('The gateway, as a client of the endpoint.'),
})
export type ClientCredentialsConfig = z.infer<typeof clientCredentialsConfig>
