import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Secret } from '@portcullis/kernel/secret'
import { BASE, hasSlapd, ORGANIZATION_LDIF, type Slapd, startSlapd } from '@portcullis/ldap/fixture/slapd'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apiDeclaration, offerText } from '../src/declaration.ts'
import { type System, startSystem } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

const PASSWORD = 'correct horse battery'

const contract = `
openapi: 3.1.0
info: { title: Things, version: 1.0.0 }
paths:
  /things:
    get:
      operationId: listThings
      security: [{ staff: [] }]
      responses:
        '200': { description: All things. }
components:
  securitySchemes:
    staff: { type: http, scheme: basic }
`

const api = (name: string, upstream: string, policies: string): string =>
  `${apiDeclaration(name, upstream)}      policies:
${policies}
`

const deskOffer = offerText('').replaceAll('things', 'desk').replaceAll('free', 'desk-free')

const users = `---
kind: User
organization: hmart
name: grace
spec: { title: Grace, roles: [clerk] }
---
kind: User
organization: hmart
name: heidi
spec: { title: Heidi }
`

const entries = `${ORGANIZATION_LDIF}${['judy', 'mallory'].map(
  (uid) => `
dn: uid=${uid},${BASE}
objectClass: inetOrgPerson
uid: ${uid}
cn: ${uid}
sn: ${uid}
userPassword: ${PASSWORD}
`,
)}
dn: cn=warehouse,${BASE}
objectClass: groupOfNames
cn: warehouse
member: uid=judy,${BASE}
`.replaceAll('\n,', '\n')

const own = `        - { policy: basic, config: { app: stock-viewer, attemptsPerMinute: 8 } }
        - { policy: role, config: { anyOf: [clerk] } }`

const directory = ({ tlsUrl, authority }: Slapd): string => `        - policy: ldap
          config:
            urls: ['${tlsUrl}']
            timeout: 20s
            authorities: ${JSON.stringify(authority)}
            search: { base: '${BASE}', as: 'cn=reader,${BASE}', password: directory }
            groups: { base: '${BASE}' }
            roles: { warehouse: [clerk] }
            app: stock-viewer
        - { policy: role, config: { anyOf: [clerk] } }`

describe('a call with name and password', () => {
  const folder = temporaryFolder()
  let system: System
  let slapd: Slapd | undefined
  let backend: Server
  const seen: string[] = []
  beforeAll(async () => {
    backend = createServer((request, response) => {
      seen.push(request.rawHeaders.join(' '))
      response.end('[]')
    })
    await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve))
    slapd = hasSlapd ? await startSlapd(entries) : undefined
    const secrets = join(folder.path, 'secrets')
    mkdirSync(secrets)
    writeFileSync(join(secrets, 'directory'), 'reader-secret', { mode: 0o600 })
    system = await startSystem({ PORTCULLIS_SECRETS_FOLDER: secrets, PORTCULLIS_GATEWAY_THREADS: '2' })
    const upstream = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`
    const control = system.running.controlPlane
    await control?.apply(
      {
        'things.yaml': api('things', upstream, own) + offerText('') + users,
        'things.openapi.yaml': contract,
        ...(slapd && {
          'desk.yaml': api('desk', upstream, directory(slapd)) + deskOffer,
          'desk.openapi.yaml': contract,
        }),
      },
      { actor: 'test' },
    )
    for (const user of ['grace', 'heidi']) await control?.setPassword('hmart', user, new Secret(PASSWORD))
  })
  afterAll(async () => {
    await system?.[Symbol.asyncDispose]()
    await slapd?.[Symbol.asyncDispose]()
    backend?.close()
    folder[Symbol.dispose]()
  })

  async function call(name: string, user?: string, password = PASSWORD) {
    const basic = Buffer.from(`${user}:${password}`).toString('base64')
    const response = await fetch(`${system.running.addresses.gateway}/${name}/v1/things`, {
      headers: user === undefined ? {} : { Authorization: `Basic ${basic}` },
    })
    const text = await response.text()
    const code = response.ok ? undefined : JSON.parse(text).code
    return { status: response.status, code, headers: response.headers }
  }

  test('is let in for a user of the organization, by their roles, and shows no password to the backend', async () => {
    await expect.poll(async () => (await call('things', 'grace')).status).toBe(200)
    expect(seen.at(-1)).not.toContain('Basic')
    expect(await call('things', 'heidi')).toMatchObject({ status: 403, code: 'role.missing' })
    expect(await call('things', 'grace', 'wrong')).toMatchObject({ status: 401, code: 'basic.wrong' })
    expect(await call('things', 'nobody')).toMatchObject({ status: 401, code: 'basic.wrong' })
    const { code, headers } = await call('things')
    expect(code).toBe('scope.no-credentials')
    expect(headers.get('www-authenticate')).toContain('Basic realm=')
  })

  test('of a user who was disabled is out at once, in every thread', async () => {
    expect(await call('things', 'grace')).toMatchObject({ status: 200 })
    const disabled = users.replace('title: Grace,', 'title: Grace, disabled: true,').slice(4)
    await system.running.controlPlane?.apply({ 'users.yaml': disabled }, { actor: 'test' })
    const everywhere = () => Promise.all(Array.from({ length: 4 }, () => call('things', 'grace')))
    // Whoever goes on trying is held off after a while, which is not being let in either.
    const codes = async () => new Set((await everywhere()).map(({ code }) => code ?? 'let in'))
    await expect.poll(async () => (await codes()).has('let in')).toBe(false)
    for (const code of await codes()) expect(['basic.wrong', 'basic.too-many']).toContain(code)
  })

  test('that guesses is held off, with the time to wait', async () => {
    let last = await call('things', 'heidi', 'guess')
    for (let i = 0; i < 10 && last.status === 401; i++) last = await call('things', 'heidi', `guess ${i}`)
    expect(last).toMatchObject({ status: 429, code: 'basic.too-many' })
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  test.skipIf(!hasSlapd)(
    'is let in for whom a directory knows, by their groups (left out without slapd)',
    async () => {
      expect(await call('desk', 'judy')).toMatchObject({ status: 200 })
      expect(await call('desk', 'mallory')).toMatchObject({ status: 403, code: 'role.missing' })
      expect(await call('desk', 'judy', 'wrong')).toMatchObject({ status: 401, code: 'ldap.wrong' })
      expect(await call('desk', 'grace')).toMatchObject({ status: 401, code: 'ldap.wrong' })
      // Every thread remembers for itself, and calls that come at once come to both.
      const known = await Promise.all(Array.from({ length: 20 }, () => call('desk', 'judy')))
      expect(new Set(known.map(({ status }) => status))).toEqual(new Set([200]))
      await slapd?.stop()
      expect(await call('desk', 'judy')).toMatchObject({ status: 200 })
      expect(await call('desk', 'mallory', 'other')).toMatchObject({
        status: 503,
        code: 'identities.unavailable',
      })
    },
  )
})
