import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Mail, type MailMessage, mailFaults } from './port.ts'

export interface MailUnderTest {
  readonly mail: Mail
  /** What arrived so far, as its recipients read it. */
  arrived(): readonly Omit<MailMessage, 'key'>[]
  /** From now on nobody takes mail. */
  takeAway(): Promise<void>
  close(): Promise<void>
}

/**
 * What everybody guarantees who sends mail. The server behind it takes mail for every address but those at
 * `refused.example`.
 */
export function mailContract(name: string, open: () => Promise<MailUnderTest>): void {
  describe(`mail contract: ${name}`, () => {
    let under: MailUnderTest

    beforeEach(async () => {
      under = await open()
    })
    afterEach(() => under.close())

    const message = { to: 'ada@hmart.example', subject: 'Your code', text: 'It is 123.\n', key: 'code/ada/1' }
    const send = (changes: Partial<MailMessage> = {}) => under.mail.send({ ...message, ...changes })

    it('brings subject and text to the recipient, to the letter', async () => {
      const long = `${'Ein sehr langer Satz mit Umlauten: äöü€. '.repeat(40)}\n\n.\n.. points\nFrom here\n\tend =3D\n`
      await send({ subject: 'Grüße aus München: „Ihr Code“', text: long })
      expect(under.arrived()).toEqual([
        { to: 'ada@hmart.example', subject: 'Grüße aus München: „Ihr Code“', text: long },
      ])
    })

    it('sends once under a key, however often and however fast it is asked', async () => {
      await Promise.all([send(), send(), send({ text: 'Other.\n' })])
      await send()
      expect(under.arrived()).toHaveLength(1)
      await send({ key: 'code/ada/2' })
      expect(under.arrived()).toHaveLength(2)
    })

    it('rejects for a recipient that nobody takes mail for', async () => {
      await expect(send({ to: 'nobody@refused.example' })).rejects.toSatisfy(mailFaults.refused.is)
      expect(under.arrived()).toEqual([])
    })

    it('rejects where nobody takes mail, and is asked anew under the same key', async () => {
      await under.takeAway()
      await expect(send()).rejects.toSatisfy(mailFaults.unavailable.is)
      await expect(send()).rejects.toSatisfy(mailFaults.unavailable.is)
      expect(under.arrived()).toEqual([])
    })

    it.each<[string, Partial<MailMessage>]>([
      ['two recipients', { to: 'ada@hmart.example, eve@evil.example' }],
      ['a header behind the recipient', { to: 'ada@hmart.example\r\nBcc: eve@evil.example' }],
      ['a parameter behind the recipient', { to: 'ada@hmart.example> NOTIFY=NEVER' }],
      ['a name beside the recipient', { to: 'Ada <ada@hmart.example>' }],
      ['a recipient above 254 characters', { to: `${'a'.repeat(60)}@${'b.'.repeat(120)}example` }],
      ['no recipient', { to: '' }],
      ['a header behind the subject', { subject: 'Your code\r\nBcc: eve@evil.example' }],
      ['a line end in the subject', { subject: 'Your\ncode' }],
      ['no subject', { subject: '' }],
      ['a subject above 200 characters', { subject: 'x'.repeat(201) }],
      ['a text above 64 KB', { text: 'x'.repeat(64 * 1024 + 1) }],
      ['a bare carriage return in the text', { text: 'one\r.\r\nMAIL FROM:<eve@evil.example>' }],
      ['a zero byte in the text', { text: 'a\0b' }],
      ['no key', { key: '' }],
      ['a line end in the key', { key: 'a\nb' }],
      ['a key above 200 characters', { key: 'x'.repeat(201) }],
    ])('refuses %s', async (_, changes) => {
      await expect(send(changes)).rejects.toSatisfy(mailFaults.invalid.is)
      expect(under.arrived()).toEqual([])
    })
  })
}
