import { afterEach, expect, it } from 'vitest'
import { changed, findingsOf, openTestSite, type TestSite } from '../test-kit.ts'

const sites: TestSite[] = []

afterEach(async () => {
  await Promise.all(sites.splice(0).map((site) => site.controlPlane.close()))
})

/** What is found wrong, as `code path`, with an app whose spec says this beside its title. */
async function wrongWith(spec: string): Promise<string[]> {
  const site = await openTestSite()
  sites.push(site)
  const bundle = changed('shop.yaml', 'grants: [client_credentials]', spec)
  const findings = await findingsOf(site.controlPlane.apply(bundle, { actor: 'test' }))
  return findings.map(({ code, path }) => `${code} ${path}`)
}

const right = (from: string) => `{ from: "${from}", to: "https://b.example", scopes: [] }`

it('refuses a grant to exchange tokens without any right, and a right without the grant', async () => {
  expect(await wrongWith('grants: [token_exchange]')).toEqual(['model.bad-exchange /spec/grants'])
  const rights = `serves: ["https://a.example"], exchangeRights: [${right('https://a.example')}]`
  expect(await wrongWith(`grants: [client_credentials], ${rights}`)).toEqual([
    'model.bad-exchange /spec/exchangeRights',
  ])
})

it('refuses a right for an API that the app does not serve, and the same right twice', async () => {
  const rights = `serves: ["https://a.example"], exchangeRights: [${right('https://a.example')}, ${right('https://a.example')}, ${right('https://c.example')}]`
  expect(await wrongWith(`grants: [token_exchange], ${rights}`)).toEqual([
    'model.bad-exchange /spec/exchangeRights/1',
    'model.bad-exchange /spec/exchangeRights/2/from',
  ])
})
