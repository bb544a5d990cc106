import { describe, expect, it } from 'vitest'
import { treeOf } from '../tree.ts'
import { checkPolicies } from './check-policy.ts'

const folder = 'packages/policies/src/cors'
const whole: Record<string, string> = {
  'packages/policies/src/late-catalog.ts': "late('cors', () => import('./cors/policy.ts'))\n",
  [`${folder}/README.md`]: '',
  [`${folder}/contract.ts`]:
    "export const contract: PolicyContract<Config> = { id: 'cors', phase: 'cors' }\n",
  [`${folder}/rules.ts`]: '',
  [`${folder}/policy.ts`]: '',
  [`${folder}/policy.test.ts`]: '',
}

const files = (tree: Record<string, string>) => checkPolicies(treeOf(tree)).map((each) => each.file)

describe('checkPolicies', () => {
  it('has nothing against a whole policy, with further rules or without', () => {
    expect(files(whole)).toEqual([])
    expect(files({ ...whole, [`${folder}/origin.ts`]: '', [`${folder}/origin.test.ts`]: '' })).toEqual([])
  })

  it('lets each of several methods have a folder of its own', () => {
    expect(files({ ...whole, [`${folder}/method/api-key/source.ts`]: '' })).toEqual([])
    expect(files({ ...whole, [`${folder}/method/api-key/deep/a.ts`]: '' })).toHaveLength(1)
  })

  it('has nothing against a folder of what policies share', () => {
    expect(files({ ...whole, 'packages/policies/src/token/signature.ts': '' })).toEqual([])
    expect(files({ ...whole, 'packages/policies/src/token/policy.ts': '' })).not.toEqual([])
  })

  it.each(['README.md', 'contract.ts', 'rules.ts', 'policy.ts', 'policy.test.ts'])('misses %s', (name) => {
    const { [`${folder}/${name}`]: _, ...rest } = whole
    expect(files(rest)).toEqual([`${folder}/${name}`])
  })

  it('refuses other files', () => {
    expect(files({ ...whole, [`${folder}/notes.txt`]: '' })).toEqual([`${folder}/notes.txt`])
    expect(files({ ...whole, [`${folder}/deep/a.ts`]: '' })).toEqual([`${folder}/deep/a.ts`])
  })

  it('refuses a contract whose id is not the name of the folder', () => {
    const text = "export const contract = { id: 'crs', phase: 'cors' }"
    expect(checkPolicies(treeOf({ ...whole, [`${folder}/contract.ts`]: text }))).toEqual([
      expect.objectContaining({ what: 'declares the policy "crs".' }),
    ])
  })

  it('refuses a contract.ts without a contract', () => {
    expect(files({ ...whole, [`${folder}/contract.ts`]: 'export const a = 1' })).toEqual([
      `${folder}/contract.ts`,
    ])
  })

  it('refuses a policy that the catalogue does not list', () => {
    const catalog = 'packages/policies/src/late-catalog.ts'
    expect(files({ ...whole, [catalog]: "// late('cors', () => import('./cors/policy.ts'))" })).toEqual([
      catalog,
    ])
  })
})
