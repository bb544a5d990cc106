import { Secret } from '@portcullis/kernel/secret'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { type Secrets, secretsFaults } from './port.ts'

/** What every keeper of secrets guarantees. */
export function secretsContract(name: string, open: () => Secrets | Promise<Secrets>): void {
  describe(`secrets contract: ${name}`, () => {
    const context = 'hmart/signing-key'
    const secret = new Secret('correct horse battery staple')
    let secrets: Secrets

    beforeEach(async () => {
      secrets = await open()
    })

    const expectUnreadable = async (sealed: string, where = context): Promise<void> => {
      const opened = await secrets.open(sealed, where).catch((thrown: unknown) => thrown)
      expect(secretsFaults.unreadable.is(opened), `opened: ${JSON.stringify(sealed).slice(0, 300)}`).toBe(
        true,
      )
    }

    it('opens what it sealed, whatever the text', () =>
      fc.assert(
        fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 300 }), async (text) => {
          const sealed = await secrets.seal(new Secret(text), context)
          expect((await secrets.open(sealed, context)).reveal()).toBe(text)
        }),
        { numRuns: 50 },
      ))

    it('opens an empty and a long secret', async () => {
      for (const text of ['', 'k'.repeat(60_000)]) {
        const sealed = await secrets.seal(new Secret(text), context)
        expect((await secrets.open(sealed, context)).reveal()).toBe(text)
      }
    })

    it('refuses a sealed text in another context', async () => {
      const sealed = await secrets.seal(secret, context)
      for (const other of [
        'acme/signing-key',
        'hmart/password',
        'hmart/signing-ke',
        'hmart/signing-key ',
        '',
      ]) {
        await expectUnreadable(sealed, other)
      }
    })

    it('does not take a part of a context for a part of the secret', async () => {
      const sealed = await secrets.seal(new Secret('key-value'), 'hmart/')
      await expectUnreadable(sealed, 'hmart/key-')
      await expectUnreadable(await secrets.seal(new Secret(''), 'ab'), 'a')
    })

    it('refuses a sealed text with any character changed, added or left out', async () => {
      const sealed = await secrets.seal(secret, context)
      for (let i = 0; i < sealed.length; i++) {
        const flipped = String.fromCharCode(sealed.charCodeAt(i) ^ 1)
        await expectUnreadable(sealed.slice(0, i) + flipped + sealed.slice(i + 1))
        await expectUnreadable(sealed.slice(0, i) + sealed.slice(i + 1))
      }
      for (const altered of [`${sealed}A`, `${sealed}=`, `${sealed} `, ` ${sealed}`, `${sealed}\n`]) {
        await expectUnreadable(altered)
      }
    })

    it.each(['', '.', 'plain', 'pc1.', 'pc1....', 'pc9.a.b.c', '{}', '\u0000', 'x'.repeat(100_000)])(
      'refuses what was never sealed: %j',
      (text) => expectUnreadable(text),
    )

    it('shows nothing of the secret in the sealed text', async () => {
      const sealed = await secrets.seal(secret, context)
      const bytes = Buffer.from(secret.reveal())
      for (const shown of [
        secret.reveal(),
        bytes.toString('base64url').slice(0, 16),
        bytes.toString('hex'),
      ]) {
        expect(sealed).not.toContain(shown)
      }
    })

    it('seals the same secret differently every time', async () => {
      const all = await Promise.all(Array.from({ length: 100 }, () => secrets.seal(secret, context)))
      expect(new Set(all).size).toBe(100)
    })

    it('seals into plain text that any store keeps', async () => {
      expect(await secrets.seal(secret, context)).toMatch(/^[\x21-\x7e]+$/)
    })
  })
}
