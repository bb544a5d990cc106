import type { Secret } from '@portcullis/kernel/secret'
import type { OneTimeCodes } from '@portcullis/model/resource/organization'
import type { Vault } from '@portcullis/ports/vault/port'
import { type Web, webFaults } from '@portcullis/ports/web/port'

const TIMEOUT_MILLIS = 5_000
const MAX_ANSWER_BYTES = 4 * 1024

/** Gives a code to whoever brings it to the user. Any answer but 2xx is none: `web.unavailable`. */
export async function bringByWebhook(
  {
    web,
    vault,
    codes,
    organization,
    user,
  }: {
    readonly web: Web
    readonly vault: Vault
    readonly codes: Exclude<OneTimeCodes, 'mail'>
    readonly organization: string
    readonly user: string
  },
  { code, key, expiresAt }: { readonly code: Secret; readonly key: string; readonly expiresAt: number },
): Promise<void> {
  const { status } = await web.ask({
    url: codes.webhook,
    method: 'POST',
    headers: [
      'Authorization',
      `Bearer ${vault.secret(codes.secret).reveal()}`,
      'Content-Type',
      'application/json',
      // The same code twice is one message.
      'Idempotency-Key',
      key,
    ],
    body: JSON.stringify({
      organization,
      user,
      code: code.reveal(),
      expiresAt: new Date(expiresAt).toISOString(),
    }),
    timeoutMillis: TIMEOUT_MILLIS,
    maxBytes: MAX_ANSWER_BYTES,
  })
  if (status < 200 || status > 299)
    throw webFaults.unavailable({ internal: `${codes.webhook} took no code: status ${status}` })
}
