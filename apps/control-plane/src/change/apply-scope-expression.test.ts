import type { Finding } from '@portcullis/model/finding/finding'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { changed, findingsOf, openTestSite, type TestSite } from '../test-kit.ts'

const attached = (require: string) => `[{ policy: scope, config: { require: "${require}" } }]`
const places = {
  environment: (require: string) =>
    changed('hmart.yaml', '  hosts:', `  policies: ${attached(require)}\n  hosts:`),
  'API version': (require: string) =>
    changed(
      'warehouse/api.yaml',
      '      deployments:',
      `      policies: ${attached(require)}\n      deployments:`,
    ),
  operation: (require: string) =>
    changed(
      'warehouse/api.yaml',
      '      deployments:',
      `      operations: { orderItem: { policies: ${attached(require)} } }\n      deployments:`,
    ),
}

describe('an expression over scopes, when it is applied', () => {
  let site: TestSite
  beforeEach(async () => {
    site = await openTestSite()
  })
  afterEach(() => site.controlPlane.close())

  const refused = async (bundle: Parameters<TestSite['controlPlane']['apply']>[0]) => {
    const findings = await findingsOf(site.controlPlane.apply(bundle, { actor: 'test' }))
    return findings.filter(({ severity }: Finding) => severity === 'error')
  }

  it.each(Object.entries(places))(
    'is refused at an %s for a scope that the contract does not know',
    async (_, at) => {
      expect(await refused(at('list_items and not quarantined'))).toEqual([
        expect.objectContaining({
          code: 'model.bad-config',
          line: expect.any(Number),
          path: expect.stringMatching(/\/policies\/0\/config\/require$/),
          message: expect.stringContaining('"quarantined" is no scope of the contract of warehouse/v1'),
        }),
      ])
    },
  )

  it.each(Object.entries(places))(
    'is published at an %s when the contract knows its scopes',
    async (_, at) => {
      await site.controlPlane.apply(at('list_items and order_item'), { actor: 'test' })
      const { revision } = await site.controlPlane.revision('hmart', 'production')
      expect(JSON.stringify(revision)).toContain('list_items and order_item')
    },
  )

  it('is refused where it cannot be read', async () => {
    expect(await refused(places.operation('list_items and'))).toMatchObject([
      { code: 'model.bad-config', message: expect.stringContaining('a scope is expected at the end') },
    ])
  })
})
