import { type NoticeParts, sendNotice } from '../../password/notice.ts'

type Organization = Parameters<typeof sendNotice>[1]

/** Tells a user by mail what became of the authenticator app: whoever has only the password does nothing unseen. */
export function tellAppChange(
  parts: NoticeParts,
  organization: Organization,
  user: string,
  text: string,
): void {
  const subject = 'How you sign in was changed'
  sendNotice(parts, organization, user, { key: `app/${parts.clock.now()}`, subject, text })
}

export const APP_SET_UP = 'An authenticator app was set up for your account.'
