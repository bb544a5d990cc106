import { z } from '@portcullis/kernel/schema'
import { type Mail, type MailMessage, mailFaults } from './port.ts'

const MAX_SUBJECT_CHARACTERS = 200
const MAX_TEXT_BYTES = 64 * 1024
const MAX_KEY_CHARACTERS = 200
const KEYS_REMEMBERED = 10_000

/** Whether mail can be sent to this address: one alone, in ASCII, with nothing in it that a header could begin with. */
export function isMailAddress(text: string): boolean {
  return text.length <= 254 && z.email().safeParse(text).success
}

/** What every adapter refuses before anything goes out. Fault: `mail.invalid`. */
function checkMessage({ to, subject, text, key }: MailMessage): void {
  const wrong = (detail: string) => mailFaults.invalid({ detail })
  if (!isMailAddress(to)) throw wrong('The recipient is not one mail address.')
  // A line end in the subject begins another header (RFC 5322 §2.2).
  if (subject === '' || subject.length > MAX_SUBJECT_CHARACTERS || /[\p{Cc}\u2028\u2029]/u.test(subject))
    throw wrong('The subject is empty, longer than a line, or has control characters.')
  if (Buffer.byteLength(text) > MAX_TEXT_BYTES || /[^\P{Cc}\n\t]/u.test(text))
    throw wrong('The text is too long or has control characters.')
  if (!/^[\x21-\x7e]+$/.test(key) || key.length > MAX_KEY_CHARACTERS)
    throw wrong('The key is empty, too long, or has characters that are not printable.')
}

/** Checks messages, and sends under a key what was not sent under it lately; who asks meanwhile waits for the same. */
export function sendOnce(send: Mail['send']): Mail {
  const known = new Map<string, Promise<void>>()
  return {
    async send(message) {
      checkMessage(message)
      const { key } = message
      const earlier = known.get(key)
      if (earlier !== undefined) return earlier
      const sending = send(message)
      known.set(key, sending)
      const [oldest] = known.keys()
      if (known.size > KEYS_REMEMBERED && oldest !== undefined) known.delete(oldest)
      try {
        await sending
      } catch (thrown) {
        // What was not sent may be sent under the same key.
        if (known.get(key) === sending) known.delete(key)
        throw thrown
      }
    },
  }
}
