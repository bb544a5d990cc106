import { isIP } from 'node:net'
import type { SMTPConnectionOptions } from 'nodemailer/lib/smtp-connection'

export interface MailServer {
  readonly options: SMTPConnectionOptions
  readonly credentials: { readonly user: string; readonly pass: string } | undefined
}

/**
 * `smtps://user:password@host:465` speaks TLS from the beginning; `smtp://user:password@host:587` demands STARTTLS (RFC
 * 3207) before it says anything else, except to this machine itself. `undefined` for what is neither.
 */
export function readMailServer(text: string): MailServer | undefined {
  const url = URL.parse(text)
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === '') return undefined
  if (!/^\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '') return undefined
  const secure = url.protocol === 'smtps:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const user = decoded(url.username)
  const pass = decoded(url.password)
  if (user === undefined || pass === undefined || (user === '') !== (pass === '')) return undefined
  return {
    options: {
      host,
      port: Number(url.port) || (secure ? 465 : 587),
      secure,
      requireTLS: !secure && !isLoopback(host),
      ignoreTLS: isLoopback(host),
    },
    credentials: user === '' ? undefined : { user, pass },
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
