import { routes } from '@portcullis/api-client/route/routes'
import { managementScopes } from '@portcullis/api-client/scope'
import { describe, expect, it } from 'vitest'
import { systemOrganizationBundle } from './system-organization.ts'
import { openTestSite, URLS } from './test-kit.ts'

const bundle = systemOrganizationBundle({ controlPlaneUrl: URLS.url, authserverUrl: URLS.authserverUrl })

describe('the system organization', () => {
  it('applies without a warning, and at every further start changes nothing', async () => {
    const { controlPlane } = await openTestSite()
    const first = await controlPlane.apply(bundle, { actor: 'start' })
    expect(first.warnings).toEqual([])
    expect(first.revisions).toEqual([{ organization: 'system', environment: 'control-plane', number: 1 }])
    expect(await controlPlane.apply(bundle, { actor: 'start' })).toEqual({
      changes: [],
      revisions: [],
      warnings: [],
    })
    await controlPlane.close()
  })

  it('publishes every route with the scope that it demands, for the audience that is checked', async () => {
    const { controlPlane } = await openTestSite()
    await controlPlane.apply(bundle, { actor: 'start' })
    const { revision } = await controlPlane.revision('system', 'control-plane')
    const [api] = revision.apis
    expect(api?.audience).toBe(`${URLS.url}/v1`)
    expect(api?.scopes).toEqual(managementScopes)
    const published = Object.fromEntries(api?.operations.map((each) => [each.id, each.security]) ?? [])
    expect(published).toEqual(
      Object.fromEntries(Object.values(routes).map((each) => [each.operationId, each.security])),
    )
    await controlPlane.close()
  })

  it('gives a gateway nothing but what gateways need', async () => {
    const { controlPlane } = await openTestSite()
    await controlPlane.apply(bundle, { actor: 'start' })
    const { revision } = await controlPlane.revision('system', 'control-plane')
    const scopes = Object.fromEntries(revision.subscriptions.map((each) => [each.app, each.scopes]))
    expect(scopes).toEqual({
      gateway: ['gateway.sync'],
      'command-line': Object.keys(managementScopes).toSorted(),
    })
    await controlPlane.close()
  })

  it('is no business of gateways', async () => {
    const { controlPlane } = await openTestSite()
    await controlPlane.apply(bundle, { actor: 'start' })
    expect(await controlPlane.environments()).toEqual([])
    await controlPlane.close()
  })
})
