import type { OrganizationSpec } from '@portcullis/model/resource/organization'
import { type Mail, mailFaults } from '@portcullis/ports/mail/port'
import type { Store } from '@portcullis/ports/store/port'
import { callWebhook, type WebhookParts } from './call-webhook.ts'
import { mailAddressOf, mailKey } from './password/notice.ts'

export interface TellUserParts extends WebhookParts {
  readonly store: Store
  readonly mail?: Mail | undefined
}

export interface TellingOrganization {
  readonly organization: string
  title(): Promise<string>
  spec(): Promise<OrganizationSpec>
}

export interface UserMessage {
  /** What it is about: the same again is the same message. */
  readonly key: readonly string[]
  /** Without the name of the organization. */
  readonly subject: string
  readonly text: string
}

/** Tells a user by mail, where there is an address, and by the organization's webhook, where there is one. Who has neither is not told. */
export async function tellUser(
  parts: TellUserParts,
  { organization, title, spec }: TellingOrganization,
  user: string,
  message: UserMessage,
): Promise<void> {
  const { store, mail } = parts
  const key = mailKey(organization, user, ...message.key)
  const subject = `${await title()}: ${message.subject}`.slice(0, 200)
  const { text } = message
  const { notices } = await spec()
  if (notices !== undefined) await callWebhook(parts, notices, key, { organization, user, subject, text })
  const to = mail === undefined ? undefined : await mailAddressOf(store, organization, user)
  if (mail === undefined || to === undefined) return
  try {
    await mail.send({ to, key, subject, text })
  } catch (thrown) {
    // That address takes nothing, however often it is tried.
    if (!mailFaults.refused.is(thrown)) throw thrown
  }
}
