import { afterEach, describe, expect, it } from 'vitest'
import type { Bundle } from '../bundle/bundle.ts'
import { CONTRACT, changed, findingsOf, openTestSite, type TestSite } from '../test-kit.ts'

const sites: TestSite[] = []

async function open(): Promise<TestSite> {
  const site = await openTestSite({})
  sites.push(site)
  return site
}

afterEach(async () => {
  await Promise.all(sites.splice(0).map((site) => site.controlPlane.close()))
})

const by = { actor: 'test' }

describe('an apply with several errors', () => {
  it('lists every error and not only the first', async () => {
    const { controlPlane } = await open()
    const bundle = changed(
      'shop.yaml',
      'app: robot',
      'app: robert',
      changed('shop.yaml', '[list_items]', '[all]'),
    )
    const codes = (await findingsOf(controlPlane.apply(bundle, by))).map((each) => each.code)
    expect(codes.toSorted()).toEqual(['model.unknown-reference', 'model.unknown-scope'])
  })

  it('says nothing of files that only a file which is no YAML may use', async () => {
    const { controlPlane } = await open()
    const bundle = changed('shop.yaml', 'kind: ', 'kind: Api: ')
    expect((await findingsOf(controlPlane.apply(bundle, by))).map((each) => each.code)).toEqual([
      'source.malformed',
    ])
  })

  it('lists what is wrong with a contract beside what cannot be read, and no consequences of that', async () => {
    const { controlPlane } = await open()
    const unread = changed('shop.yaml', 'title: Gold,', 'title: Gold, titel: x,')
    const silent = CONTRACT.replace('      security: [{ login: [order_item] }]\n', '')
    const bundle: Bundle = { ...unread, 'warehouse/contract/openapi.yaml': silent }
    for (const told of [
      await findingsOf(controlPlane.apply(bundle, by)),
      await controlPlane.validate(bundle),
    ]) {
      expect(told.map((each) => each.code)).toEqual(['bundle.bad-declaration', 'contract.unsecured'])
    }
  })
})
