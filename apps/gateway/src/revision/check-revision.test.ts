import type { Attachment } from '@portcullis/model/attachment'
import { catalog } from '@portcullis/policies/catalog'
import { testRevision } from '@portcullis/policy-kit/test-kit'
import { describe, expect, it } from 'vitest'
import { objectionsTo } from './check-revision.ts'

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
