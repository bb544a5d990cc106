import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { changed, findingsOf, openTestSite, resource, type TestSite } from '../test-kit.ts'

const withLists = (entries: string, name = 'offices') => ({
  ...changed(
    'hmart.yaml',
    '  hosts:',
    `  policies: [{ policy: ip-filter, config: { allowLists: [offices] } }]\n  hosts:`,
  ),
  'offices.yaml': resource('AddressList', name, `{ title: Offices, entries: ${entries} }`),
})

describe('an address list', () => {
  let site: TestSite
  beforeEach(async () => {
    site = await openTestSite()
  })
  afterEach(() => site.controlPlane.close())

  it('is part of the revision, as it was written', async () => {
    await site.controlPlane.apply(withLists('[192.0.2.0/24, "2001:db8::/32"]'), { actor: 'test' })
    const { revision } = await site.controlPlane.revision('hmart', 'production')
    expect(revision.addressLists).toEqual([{ list: 'offices', entries: ['192.0.2.0/24', '2001:db8::/32'] }])
  })

  it('is refused with entries that cannot be read, each at its place', async () => {
    const refused = site.controlPlane.apply(withLists('[192.0.2.0/24, 10.1.2.3/8, localhost]'), {
      actor: 'test',
    })
    expect((await findingsOf(refused)).filter(({ severity }) => severity === 'error')).toMatchObject([
      { code: 'model.bad-address', file: 'offices.yaml', path: '/spec/entries/1' },
      { code: 'model.bad-address', file: 'offices.yaml', path: '/spec/entries/2' },
    ])
  })

  it('must be there where an attachment names it', async () => {
    const refused = site.controlPlane.apply(withLists('[192.0.2.0/24]', 'office'), { actor: 'test' })
    expect((await findingsOf(refused)).filter(({ severity }) => severity === 'error')).toMatchObject([
      {
        code: 'model.bad-config',
        file: 'hmart.yaml',
        path: '/spec/policies/0/config/allowLists/0',
        message: expect.stringContaining('there is no address list "offices"'),
      },
    ])
  })
})
