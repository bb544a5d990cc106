import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TestBrowser, type Visit } from '@portcullis/authserver/test-browser'
import { BASE, hasSlapd, ORGANIZATION_LDIF, type Slapd, startSlapd } from '@portcullis/ldap/fixture/slapd'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type System, startSystem } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

const LDIF = `${ORGANIZATION_LDIF}
dn: uid=ada,${BASE}
objectClass: inetOrgPerson
uid: ada
cn: Ada Lovelace
sn: Lovelace
userPassword: correct horse
`

describe.skipIf(!hasSlapd)('a person of the directory (left out where there is no slapd)', () => {
  const folder = temporaryFolder()
  let slapd: Slapd
  let system: System
  beforeAll(async () => {
    writeFileSync(join(folder.path, 'head-office-reader'), 'reader-secret')
    slapd = await startSlapd(LDIF)
    system = await startSystem({ PORTCULLIS_SECRETS_FOLDER: folder.path })
    const declaration = {
      kind: 'IdentityProvider',
      organization: 'hmart',
      name: 'head-office',
      spec: {
        title: 'Head office',
        type: 'ldap',
        urls: [slapd.tlsUrl],
        authorities: slapd.authority,
        reader: { entry: `cn=reader,${BASE}`, password: 'head-office-reader' },
        people: { base: BASE },
      },
    }
    await system.running.controlPlane?.apply({ 'p.yaml': JSON.stringify(declaration) }, { actor: 'test' })
  })
  afterAll(async () => {
    await system?.[Symbol.asyncDispose]()
    await slapd?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const account = () => `${system.running.addresses.authserver}/hmart/account/security`

  async function signIn(browser: TestBrowser, user: string, password: string): Promise<Visit> {
    const page = await browser.open(account())
    const link = /href="([^"]+\?provider=head-office)"/.exec(page.html)?.[1] ?? ''
    const form = await browser.open(new URL(link, page.url).href)
    expect(form.html).toContain('With your account of <strong>Head office</strong>')
    return browser.submit(form, { user, password, decision: 'sign-in' })
  }

  test('signs in with its name and password, gets an account, and is the same person the next time', async () => {
    const nameOn = (page: Visit) => /signed in as <strong>([^<]+)/.exec(page.html)?.[1]
    const first = await signIn(new TestBrowser(), 'ada', 'correct horse')
    expect(nameOn(first)).toMatch(/^head-office-[a-z2-7]{26}$/)
    const second = await signIn(new TestBrowser(), 'ADA', 'correct horse')
    expect(nameOn(second)).toBe(nameOn(first))
    expect(first.html).not.toContain('Your password until now')
  })

  test('is refused with a wrong password, and told so when the directory is away', async () => {
    const refused = await signIn(new TestBrowser(), 'ada', 'wrong')
    expect(refused.status).toBe(422)
    await slapd.stop()
    const away = await signIn(new TestBrowser(), 'ada', 'correct horse')
    expect(away.status).toBe(503)
  })
})
