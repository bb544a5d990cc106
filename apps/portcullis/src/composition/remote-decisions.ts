import { openApiClient } from '@portcullis/api-client/client'
import type { DecisionSink } from '@portcullis/gateway/record/recorder'

/** Decision records of a gateway in a process of its own: handed over to the control plane, which keeps them. */
export function remoteDecisions(url: string, token: () => Promise<string>): DecisionSink {
  const client = openApiClient({ url, token })
  return { take: (batches) => client.reportDecisions(batches.map(({ json }) => json)) }
}
