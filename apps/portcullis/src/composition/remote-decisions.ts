import { openApiClient } from '@portcullis/api-client/client'
import { packDecisions } from '@portcullis/model/decision-batch'
import type { Events } from '@portcullis/ports/events/port'

/** Decision records of a gateway in a process of its own: handed over to the control plane, which keeps them. */
export function remoteDecisions(url: string, token: () => Promise<string>): Pick<Events, 'append'> {
  const client = openApiClient({ url, token })
  return { append: (decisions) => client.reportDecisions({ body: packDecisions(decisions) }) }
}
