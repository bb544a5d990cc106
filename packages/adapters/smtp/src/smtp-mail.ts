import { createHash } from 'node:crypto'
import type { Secret } from '@portcullis/kernel/secret'
import { type Mail, type MailMessage, mailFaults } from '@portcullis/ports/mail/port'
import { isMailAddress, sendOnce } from '@portcullis/ports/mail/prepare'
import MailComposer from 'nodemailer/lib/mail-composer'
import SMTPConnection, { type SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection'
import { type MailServer, readMailServer } from './mail-server.ts'

export interface SmtpOptions {
  /** As `readMailServer` takes it. */
  readonly url: Secret
  /** Who sends: one address. */
  readonly from: string
  /** PEM: who may vouch for the server; the system's authorities when absent. */
  readonly authorities?: string | undefined
  /** The name that its certificate must have, where that is not the host of `url`: TLS is demanded then in any case. */
  readonly servername?: string | undefined
  /** From the first attempt to connect until the server has taken the message. */
  readonly timeoutMillis: number
}

/** More at once than that wait for nobody: a mail server that hangs must not pile messages up here. */
const MAX_UNDER_WAY = 64
const MAX_ANSWER_BYTES = 64 * 1024

/** Hands messages over to a mail server, each on a connection of its own. */
export function openSmtpMail({ url, from, authorities, servername, timeoutMillis }: SmtpOptions): Mail {
  if (readMailServer(url.reveal()) === undefined || !isMailAddress(from))
    throw new TypeError('no mail server, or no sender')
  const limits: SMTPConnectionOptions = {
    name: domainOf(from),
    tls: { minVersion: 'TLSv1.2', ...(authorities !== undefined && { ca: authorities }) },
    ...(servername !== undefined && { servername, requireTLS: true }),
    connectionTimeout: timeoutMillis,
    greetingTimeout: timeoutMillis,
    socketTimeout: timeoutMillis,
    dnsTimeout: timeoutMillis,
    socketCloseTimeout: 0,
    maxResponseSize: MAX_ANSWER_BYTES,
  }
  let underWay = 0
  return sendOnce(async (message) => {
    if (underWay >= MAX_UNDER_WAY) throw mailFaults.unavailable({ internal: 'too many mails are under way' })
    underWay++
    try {
      const bytes = await compose(message, from)
      const server = readMailServer(url.reveal()) as MailServer
      const { options, credentials } = server
      const connection = new SMTPConnection({ ...options, ...limits })
      await handOver(connection, credentials, { from, to: message.to }, bytes, timeoutMillis)
    } finally {
      underWay--
    }
  })
}

/** A message that says that no person wrote it (RFC 3834 §5), known again by its key (RFC 5322 §3.6.4). */
function compose({ to, subject, text, key }: MailMessage, from: string): Promise<Buffer> {
  const id = createHash('sha256').update(key).digest('hex')
  return new MailComposer({
    from: { name: '', address: from },
    to: { name: '', address: to },
    subject,
    text,
    messageId: `<${id}@${domainOf(from)}>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  })
    .compile()
    .build()
}

async function handOver(
  connection: SMTPConnection,
  credentials: MailServer['credentials'],
  envelope: { readonly from: string; readonly to: string },
  bytes: Buffer,
  timeoutMillis: number,
): Promise<void> {
  const { promise: done, resolve, reject } = Promise.withResolvers<void>()
  const late = setTimeout(() => reject(new Error(`not taken within ${timeoutMillis} ms`)), timeoutMillis)
  const next =
    (step: () => void) =>
    (error?: Error | null): void =>
      error ? reject(error) : step()
  const send = (): void => connection.send(envelope, bytes, next(resolve))
  connection.on('error', reject)
  connection.once('end', () => reject(new Error('the server ended the connection')))
  connection.connect(
    next(() => {
      if (credentials === undefined) send()
      else connection.login({ credentials: { ...credentials } }, next(send))
    }),
  )
  try {
    await done
    connection.quit()
  } catch (thrown) {
    connection.close()
    throw faultOf(thrown)
  } finally {
    clearTimeout(late)
  }
}

/** A recipient that is refused for good (RFC 5321 §4.2.1) is none of an outage; all else is for the operator to mend. */
function faultOf(thrown: unknown) {
  const { command, responseCode, message } = thrown as Error & { command?: string; responseCode?: number }
  if (command === 'RCPT TO' && responseCode !== undefined && responseCode >= 500)
    return mailFaults.refused({ internal: message, cause: thrown })
  return mailFaults.unavailable({
    internal: `the mail server did not take a message: ${message}`,
    cause: thrown,
  })
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1)
}
