import { readFileSync } from 'node:fs'
import type { Mail } from '@portcullis/ports/mail/port'
import { needsSetting } from '../setting/read-settings.ts'
import type { Settings } from '../setting/settings.ts'

/** The server that takes mail; `undefined` where none is set: what would need one is not offered then. */
export async function openMail(settings: Settings): Promise<Mail | undefined> {
  const { mailUrl: url, mailFrom: from, mailAuthorities, mailTimeout } = settings
  if (url === undefined) {
    if (from !== undefined) throw needsSetting('mailFrom', 'mailUrl')
    if (mailAuthorities !== undefined) throw needsSetting('mailAuthorities', 'mailUrl')
    return undefined
  }
  if (from === undefined) throw needsSetting('mailUrl', 'mailFrom')
  const { openSmtpMail } = await import('@portcullis/smtp/smtp-mail')
  const authorities = mailAuthorities === undefined ? undefined : readFileSync(mailAuthorities, 'utf8')
  return openSmtpMail({ url, from, authorities, timeoutMillis: mailTimeout.milliseconds })
}
