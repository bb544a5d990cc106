import { describe, expect, test } from 'vitest'
import { ofGatewayGroup } from './of-gateway-group.ts'
import type { Revision, RevisionApi } from './revision.ts'

const attachment = (policy: string) => ({ policy, mode: 'enforce' as const, failOpen: false, config: {} })
const api = (name: string, groups?: string[]) => ({ api: name, ...(groups && { groups }) }) as RevisionApi

const revision = {
  number: 3,
  groups: [
    { group: 'default', policies: [] },
    { group: 'partner', policies: [attachment('ip-filter')] },
  ],
  apis: [api('everywhere'), api('partners', ['partner']), api('others', ['branch', 'default'])],
} as unknown as Revision

describe('a gateway group', () => {
  test('serves the APIs that name it and those that name none', () => {
    const served = (group: string) => ofGatewayGroup(revision, group)?.apis.map((each) => each.api)
    expect(served('partner')).toEqual(['everywhere', 'partners'])
    expect(served('default')).toEqual(['everywhere', 'others'])
  })

  test('has its own attachments and nobody else’s', () => {
    expect(ofGatewayGroup(revision, 'partner')?.groups).toEqual([revision.groups[1]])
    expect(ofGatewayGroup(revision, 'default')?.groups).toEqual([revision.groups[0]])
  })

  test('that the revision does not know enforces nothing of it', () => {
    expect(ofGatewayGroup(revision, 'branch')).toBeUndefined()
  })
})
