import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { Secret } from '@portcullis/kernel/secret'
import { secretsContract } from '@portcullis/ports/secrets/contract'
import { secretsFaults } from '@portcullis/ports/secrets/port'
import { expect, it } from 'vitest'
import { openEnvelopeSecrets } from './envelope-secrets.ts'
import { masterKeyFaults } from './master-key.ts'

const text = randomBytes(32).toString('base64')
const masterKey = new Secret(text)
const context = 'hmart/signing-key'
const secret = new Secret('correct horse battery staple')

secretsContract('envelope', () => openEnvelopeSecrets({ masterKey }))

async function refusal(sealed: string, key = masterKey): Promise<unknown> {
  return openEnvelopeSecrets({ masterKey: key })
    .open(sealed, context)
    .catch((thrown: unknown) => thrown)
}

it('opens after a restart with the same master key, in whatever form that was given', async () => {
  const sealed = await openEnvelopeSecrets({ masterKey }).seal(secret, context)
  const bytes = Buffer.from(text, 'base64')
  for (const same of [
    masterKey,
    createSecretKey(bytes),
    new Secret(bytes.toString('hex')),
    new Secret(`${bytes.toString('base64url')}\n`),
  ]) {
    expect((await openEnvelopeSecrets({ masterKey: same }).open(sealed, context)).reveal()).toBe(
      secret.reveal(),
    )
  }
})

it('opens what earlier versions sealed', async () => {
  const fixed = new Secret('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f')
  const sealed =
    'pc1.FhnbrrdCAc79.qNAAo6Id34O1hIs2qAWoQh_qKHGpbbEAeOISEShCg9E4ZXWNJ0uDpT9NA-X50VwP5COM7ulWFcMjDQPZ.MaqaNfsG3kGJrZPmXICmilT-UO2QUdYRcwYKMPP4hhyzaVfH-ocb14-I0MY0QS9Ut_L61qBR8Jw'
  expect((await openEnvelopeSecrets({ masterKey: fixed }).open(sealed, context)).reveal()).toBe(
    secret.reveal(),
  )
})

it('says so when a text was sealed with another master key', async () => {
  const sealed = await openEnvelopeSecrets({ masterKey }).seal(secret, context)
  const fault = await refusal(sealed, new Secret(randomBytes(32).toString('base64')))
  expect(secretsFaults.unreadable.is(fault)).toBe(true)
  expect(fault).toMatchObject({
    message: expect.stringMatching(/sealed with the master key \S+, and ours is \S+/),
    remedy: expect.stringContaining('start with the master key'),
  })
})

it('refuses a sealed text with any bit of any byte changed', async () => {
  const sealed = await openEnvelopeSecrets({ masterKey }).seal(secret, context)
  const parts = sealed.split('.')
  for (const part of [2, 3]) {
    const bytes = Buffer.from(parts[part] as string, 'base64url')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const altered = Buffer.from(bytes)
      altered[bit >> 3] = (altered[bit >> 3] as number) ^ (1 << (bit & 7))
      const text = parts.with(part, altered.toString('base64url')).join('.')
      expect(secretsFaults.unreadable.is(await refusal(text))).toBe(true)
    }
  }
})

it('refuses a data key that belongs to another text', async () => {
  const secrets = openEnvelopeSecrets({ masterKey })
  const [one, two] = [await secrets.seal(secret, context), await secrets.seal(new Secret('other'), context)]
  const mixed = one.split('.').with(3, two.split('.')[3] as string)
  expect(secretsFaults.unreadable.is(await refusal(mixed.join('.')))).toBe(true)
})

it('refuses a text written in another way than it was sealed', async () => {
  const sealed = await openEnvelopeSecrets({ masterKey }).seal(secret, context)
  const parts = sealed.split('.')
  // Unused bits of the last character, padding, and the other alphabet decode to the same bytes.
  const body = parts[3] as string
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const bytes = Buffer.from(body, 'base64url')
  const twins = [...alphabet].map((last) => body.slice(0, -1) + last)
  const same = twins.filter((twin) => Buffer.from(twin, 'base64url').equals(bytes) && twin !== body)
  for (const twin of [...same, `${body}=`, `${body}==`, bytes.toString('base64')]) {
    if (twin === body) continue
    expect(secretsFaults.unreadable.is(await refusal(parts.with(3, twin).join('.')))).toBe(true)
  }
})

it('refuses a secret that would not come back as it was: too long, or no well-formed text', async () => {
  const secrets = openEnvelopeSecrets({ masterKey })
  await expect(secrets.seal(new Secret('x'.repeat(300_000)), context)).rejects.toThrow(RangeError)
  await expect(secrets.seal(new Secret('\ud800'), context)).rejects.toThrow(RangeError)
})

it.each([
  ['a key of 16 bytes', createSecretKey(randomBytes(16))],
  ['a private key', generateKeyPairSync('ed25519').privateKey],
  ['a passphrase', new Secret('hunter2')],
])('refuses %s as master key', (_, key) => {
  expect(() => openEnvelopeSecrets({ masterKey: key })).toThrow(
    expect.toSatisfy(masterKeyFaults.malformed.is),
  )
})
