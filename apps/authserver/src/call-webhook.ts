import type { Webhook } from '@portcullis/model/resource/organization'
import type { Vault } from '@portcullis/ports/vault/port'
import { type Web, webFaults } from '@portcullis/ports/web/port'

const TIMEOUT_MILLIS = 5_000
const MAX_ANSWER_BYTES = 4 * 1024

export interface WebhookParts {
  readonly web: Web
  readonly vault: Vault
}

/** Tells somebody whom the organization names. The same `key` is the same message. Any answer but 2xx is none: `web.unavailable`. */
export async function callWebhook(
  { web, vault }: WebhookParts,
  { webhook, secret }: Webhook,
  key: string,
  body: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { status } = await web.ask({
    url: webhook,
    method: 'POST',
    headers: [
      'Authorization',
      `Bearer ${vault.secret(secret).reveal()}`,
      'Content-Type',
      'application/json',
      'Idempotency-Key',
      key,
    ],
    body: JSON.stringify(body),
    timeoutMillis: TIMEOUT_MILLIS,
    maxBytes: MAX_ANSWER_BYTES,
  })
  if (status < 200 || status > 299)
    throw webFaults.unavailable({ internal: `${webhook} did not take it: status ${status}` })
}
