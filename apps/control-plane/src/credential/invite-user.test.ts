import { fingerprintOf, Secret } from '@portcullis/kernel/secret'
import { passwordTokens } from '@portcullis/model/collection'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openServedSite, type ServedSite } from '../served-test-kit.ts'

let site: ServedSite

const user = (name: string, spec: string): string =>
  `kind: User\norganization: acme\nname: ${name}\nspec:\n  title: ${name}\n${spec}`
const BUNDLE = [
  'kind: Organization\norganization: acme\nname: acme\nspec:\n  title: Acme & Sons\n',
  user('ada', '  email: ada@acme.example\n'),
  user('mute', ''),
  user('off', '  email: off@acme.example\n  disabled: true\n'),
].join('---\n')

beforeEach(async () => {
  site = await openServedSite()
  await site.controlPlane.apply({ 'b.yaml': BUNDLE }, { actor: 'test' })
})
afterEach(() => site.close())

const invite = (name: string, scope = 'resources.write') =>
  site.clientWith(scope).inviteUser({ params: { organization: 'acme', user: name } })

describe('an invitation', () => {
  it('is a link in a mail, good for seven days, of which only a fingerprint is kept', async () => {
    await invite('ada')
    const [mail] = site.mail.sent
    expect(mail?.to).toBe('ada@acme.example')
    expect(mail?.subject).toContain('Acme & Sons')
    const token = /\/acme\/password\/([\w-]{43})\n/.exec(mail?.text ?? '')?.[1] ?? ''
    const kept = await site.store.get(passwordTokens, 'acme', fingerprintOf(new Secret(token)))
    expect(kept?.value).toEqual({ user: 'ada', purpose: 'invitation' })
    expect(kept?.expiresAt).toBe(site.clock.now() + 7 * 86_400_000)
    expect(JSON.stringify(site.log.lines)).not.toContain(token)
  })

  it.each([
    ['mute', 'credential.no-mail-address'],
    ['off', 'credential.unknown-user'],
    ['nobody', 'credential.unknown-user'],
  ])('is not sent to %s', async (name, code) => {
    await expect(invite(name)).rejects.toMatchObject({ code })
    expect(site.mail.sent).toEqual([])
  })

  it('is sent by nobody who may only read, and told as an outage where nobody takes mail', async () => {
    await expect(invite('ada', 'resources.read')).rejects.toMatchObject({ status: 403 })
    site.mail.isAway = true
    await expect(invite('ada')).rejects.toMatchObject({ status: 503, code: 'mail.unavailable' })
  })
})
