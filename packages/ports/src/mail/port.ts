import { defineFaults } from '@portcullis/kernel/fault'

/**
 * Mail carries a plain message to one person.
 *
 * `send` resolves once somebody else has taken the message over and answers for it (RFC 5321 §4.2.5); that it is read,
 * nobody promises. Where nobody takes it now, it rejects with `mail.unavailable`; where that recipient is never taken,
 * with `mail.refused`; what is above a limit or could become another header, with `mail.invalid`. Under a key that was
 * sent lately nothing is sent again, and `send` resolves: whoever is not sure that it was sent asks once more. After a
 * restart, or from another node, a second message under a key may go out; it has the same Message-ID, by which mailboxes
 * know it. Keys are remembered by the process, the last ten thousand.
 */
export interface Mail {
  send(message: MailMessage): Promise<void>
}

export interface MailMessage {
  /** One address, without a name: `ada@example.com`, at most 254 characters. */
  readonly to: string
  /** One line of at most 200 characters. */
  readonly subject: string
  /** At most 64 KB; lines end with `\n`. */
  readonly text: string
  /** What this message is about, in at most 200 printable characters: the same again is the same message. */
  readonly key: string
}

export const mailFaults = defineFaults('mail', {
  unavailable: {
    status: 503,
    title: 'A mail could not be sent',
    remedy: 'Try again in a moment. Operators: the log tells why the mail server did not take it.',
  },
  refused: {
    status: 422,
    title: 'The mail server takes no mail for that address',
    remedy: 'Give an address that receives mail.',
  },
  invalid: {
    status: 422,
    title: 'That is no message that can be sent by mail',
    remedy:
      'Give one address, a subject of one line with at most 200 characters, and a text of at most 64 KB without control characters.',
  },
})
