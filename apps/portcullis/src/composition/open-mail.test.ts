import { startMailCatcher } from '@portcullis/smtp/fixture/mail-catcher'
import { expect, test } from 'vitest'
import { readSettings } from '../setting/read-settings.ts'
import { openMail } from './open-mail.ts'

const open = (environment: Record<string, string>) => openMail(readSettings(environment))

test('mail is not there unless a server is set', async () => {
  expect(await open({})).toBeUndefined()
})

test('mail goes to the server of the settings, from their address', async () => {
  await using catcher = await startMailCatcher()
  const mail = await open({ PORTCULLIS_MAIL_URL: catcher.url, PORTCULLIS_MAIL_FROM: 'us@hmart.example' })
  await mail?.send({ to: 'ada@hmart.example', subject: 'Hello', text: 'There.\n', key: '1' })
  expect(catcher.mails[0]?.headers.get('from')).toBe('us@hmart.example')
})

test.each([
  [{ PORTCULLIS_MAIL_URL: 'smtp://mail.example' }, 'mailFrom is not'],
  [{ PORTCULLIS_MAIL_FROM: 'us@hmart.example' }, 'mailUrl is not'],
  [{ PORTCULLIS_MAIL_AUTHORITIES: 'ca.pem' }, 'mailUrl is not'],
  [{ PORTCULLIS_MAIL_URL: 'http://mail.example' }, 'smtps://'],
  [{ PORTCULLIS_MAIL_FROM: 'Us <us@hmart.example>' }, 'one mail address'],
])('half a mail server is refused: %j', async (environment, told) => {
  await expect((async () => open(environment))()).rejects.toThrow(told)
})
