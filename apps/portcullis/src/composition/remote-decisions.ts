import { openApiClient } from '@portcullis/api-client/client'
import type { DecisionSink } from '@portcullis/gateway/record/recorder'
import type { Fetch } from '@portcullis/kernel/fetch'

/** Decision records of a gateway in a process of its own: handed over to the control plane, which keeps them. */
export function remoteDecisions(url: string, token: () => Promise<string>, fetch: Fetch): DecisionSink {
  const client = openApiClient({ url, token, fetch })
  return { take: (batches) => client.reportDecisions(batches.map(({ json }) => json)) }
}
