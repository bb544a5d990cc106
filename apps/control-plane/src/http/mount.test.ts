import { createRoute } from '@hono/zod-openapi'
import { requires } from '@portcullis/api-client/scope'
import { describe, expect, it } from 'vitest'
import { demandedScopes } from './mount.ts'

const open = { method: 'get', path: '/x', responses: { 204: { description: 'x' } } } as const

describe('a route', () => {
  it('is not served unless it says who may call it', () => {
    expect(() => demandedScopes(createRoute(open))).toThrow('GET /x does not say who may call it')
  })

  it.each([
    ['another scheme', [{ other: ['resources.read'] }]],
    ['a scope that does not exist', [{ management: ['resources.all'] }]],
    ['no scope', [{ management: [] }]],
    ['nothing in particular', [{}]],
    ['alternatives', [{ management: ['resources.read'] }, { management: ['gateway.sync'] }]],
  ])('is not served when it demands %s', (_, security) => {
    expect(() => demandedScopes({ ...open, security })).toThrow('demands something that is not understood')
  })

  it('demands its scope, or nothing when it is declared public', () => {
    expect(demandedScopes(createRoute({ ...open, security: requires('gateway.sync') }))).toEqual([
      'gateway.sync',
    ])
    expect(demandedScopes(createRoute({ ...open, security: [] }))).toEqual([])
  })
})
