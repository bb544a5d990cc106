import { readFileSync } from 'node:fs'
import { endpoints } from '@portcullis/policies/authzen/contract'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openTestSite, type TestSite, WAREHOUSE } from '../test-kit.ts'

const guide = readFileSync(
  new URL('../../../../docs/how-to/answer-questions-of-others.md', import.meta.url),
  'utf8',
)
const [contract = '', declaration = ''] = [...guide.matchAll(/```yaml\n(.*?)```/gs)].map(
  ([, text]) => text ?? '',
)

describe('the guide to AuthZEN', () => {
  let site: TestSite
  beforeEach(async () => {
    site = await openTestSite()
  })
  afterEach(() => site.controlPlane.close())

  it('shows declarations that are published as they stand, with every endpoint', async () => {
    const bundle = { ...WAREHOUSE, 'decisions/api.yaml': declaration, 'decisions/decisions.yaml': contract }
    await site.controlPlane.apply(bundle, { actor: 'test' })
    const { revision } = await site.controlPlane.revision('hmart', 'production')
    const { operations } = revision.apis.find(({ api }) => api === 'decisions') ?? {}
    expect(operations?.map(({ path }) => path)).toEqual(Object.keys(endpoints).toSorted())
  })
})
