import { type Mail, type MailMessage, mailFaults } from './port.ts'
import { sendOnce } from './prepare.ts'

export interface MemoryMail extends Mail {
  /** What was sent, the first first. */
  readonly sent: readonly MailMessage[]
  /** While it is set, nobody takes mail. */
  isAway: boolean
}

/** A mail server that keeps what it takes. Addresses at the domain `refused.example` are nobody's. */
export function openMemoryMail(): MemoryMail {
  const sent: MailMessage[] = []
  const mail = {
    sent,
    isAway: false,
    ...sendOnce(async (message) => {
      if (mail.isAway) throw mailFaults.unavailable({ internal: 'the mail server is away' })
      if (message.to.endsWith('@refused.example')) throw mailFaults.refused()
      sent.push(message)
    }),
  }
  return mail
}
