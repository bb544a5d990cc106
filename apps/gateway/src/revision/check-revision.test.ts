import type { Attachment } from '@portcullis/model/attachment'
import { catalog } from '@portcullis/policies/catalog'
import { testRevision } from '@portcullis/policy-kit/test-kit'
import { describe, expect, it } from 'vitest'
import { attachedPolicies, objectionsTo } from './check-revision.ts'

const demanding = (require: string): Attachment => ({
  policy: 'scope',
  mode: 'enforce',
  failOpen: false,
  config: { require },
})

function toldOf(require: string, at: 'environment' | 'api' | 'operation'): string[] {
  const policies = [demanding(require)]
  const revision = testRevision(at === 'environment' ? { policies } : {}, {
    scopes: { read: 'Read' },
    policies: at === 'api' ? policies : [],
    operations: [
      {
        id: 'listItems',
        method: 'GET',
        path: '/items',
        security: [{ login: [] }],
        policies: at === 'operation' ? policies : [],
      },
    ],
  })
  const asking = objectionsTo(revision, catalog)
  for (;;) {
    const { done, value } = asking.next()
    if (done) return value
  }
}

describe('a gateway asks again what was asked when publishing', () => {
  it.each(['environment', 'api', 'operation'] as const)(
    'whether the contract has what a config at the %s names',
    (at) => {
      expect(toldOf('read', at)).toEqual([])
      expect(toldOf('read and other', at)).toEqual([
        expect.stringMatching(
          /policy "scope" \/require "other" is no scope of the contract of warehouse\/v1$/,
        ),
      ])
    },
  )

  it('and does not ask it of a config that its schema refuses', () => {
    expect(toldOf('read and', 'api')).toEqual([expect.stringContaining('a scope is expected at the end')])
  })
})

describe('attachedPolicies', () => {
  it('finds those of every level, each once', () => {
    const at = (policy: string): Attachment => ({ policy, mode: 'enforce', failOpen: false, config: {} })
    const revision = testRevision(
      {
        policies: [at('cors'), at('headers')],
        groups: [{ group: 'public', policies: [at('ip-filter')] } as never],
        products: [{ product: 'shop', policies: [at('quota')] } as never],
        plans: [{ product: 'shop', plan: 'gold', policies: [at('rate-limit')] } as never],
      },
      {
        policies: [at('cache')],
        operations: [
          { id: 'list', method: 'GET', path: '/', security: [], policies: [at('mock'), at('cors')] } as never,
        ],
      },
    )
    expect([...attachedPolicies(revision)].toSorted()).toEqual(
      ['cache', 'cors', 'headers', 'ip-filter', 'mock', 'quota', 'rate-limit'].toSorted(),
    )
  })
})
