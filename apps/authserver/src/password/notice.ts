import { createHash } from 'node:crypto'
import { idOf, resources } from '@portcullis/model/collection'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Log } from '@portcullis/ports/log/port'
import type { Mail } from '@portcullis/ports/mail/port'
import type { Store } from '@portcullis/ports/store/port'

export interface NoticeParts {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly mail?: Mail | undefined
}

export interface Notice {
  /** What it is about: the same again is the same notice. */
  readonly key: string
  readonly subject: string
  /** In sentences. When it happened, and what to do if it was somebody else, is added. */
  readonly text: string
}

/**
 * Tells a user by mail that something about the own account changed: whoever did not do it learns of it. Nobody waits for
 * it; what could not be sent is in the log. A user without address is not told.
 */
export function sendNotice(
  parts: NoticeParts,
  { organization, title }: { readonly organization: string; title(): Promise<string> },
  user: string,
  { key, subject, text }: Notice,
): void {
  const { mail, clock, log } = parts
  if (mail === undefined) return
  const at = `${new Date(clock.now()).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  const send = async (): Promise<void> => {
    const to = await mailAddressOf(parts.store, organization, user)
    if (to === undefined) return
    const service = await title()
    await mail.send({
      to,
      key: mailKey(organization, user, key),
      subject: `${service}: ${subject}`.slice(0, 200),
      text: `${text}\n\nThat was at ${at}. If it was not you, tell whoever runs ${service} at once.\n`,
    })
  }
  send().catch((error: unknown) => log.error('a notice was not sent', { organization, subject: user, error }))
}

export async function mailAddressOf(
  store: Store,
  organization: string,
  user: string,
): Promise<string | undefined> {
  const found = await store.get(resources, organization, idOf.resource('User', user))
  return found?.value.kind === 'User' && !found.value.spec.disabled ? found.value.spec.email : undefined
}

/** Short and printable, whatever it is made of. */
export function mailKey(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}
