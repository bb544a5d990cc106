import type { Finding } from '@portcullis/model/finding/finding'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Bundle } from '../bundle/bundle.ts'
import { changed, findingsOf, openTestSite, resource, type TestSite, WAREHOUSE } from '../test-kit.ts'

const by = { actor: 'test' }
const sandbox = (more = '', url = 'https://sandbox.hmart.example') =>
  resource(
    'Environment',
    'sandbox',
    `{ title: Sandbox, stage: sandbox, url: "${url}", hosts: [sandbox.hmart.example]${more} }`,
  )
const deployedIn = (environments: string[], bundle: Bundle = WAREHOUSE) =>
  changed(
    'warehouse/api.yaml',
    'production: { upstream: https://warehouse.internal }',
    `{ ${environments.map((each) => `${each}: { upstream: "https://warehouse.internal" }`).join(', ')} }`,
    changed('warehouse/api.yaml', 'deployments:\n        ', 'deployments: ', bundle),
  )
const appFor = (stage: string, bundle: Bundle) =>
  changed('shop.yaml', '{ title: Robot,', `{ title: Robot, stage: ${stage},`, bundle)

describe('environments for sandbox and for production', () => {
  let site: TestSite
  beforeEach(async () => {
    site = await openTestSite()
  })
  afterEach(() => site.controlPlane.close())

  const errorsOf = async (bundle: Bundle) =>
    (await findingsOf(site.controlPlane.apply(bundle, by))).filter(
      ({ severity }: Finding) => severity === 'error',
    )
  const published = async (environment: string) =>
    (await site.controlPlane.revision('hmart', environment)).revision

  it('tell each gateway whose tokens are not good there', async () => {
    await site.controlPlane.apply({ ...WAREHOUSE, 'sandbox.yaml': sandbox() }, by)
    expect((await published('production')).otherEnvironments).toEqual([
      { environment: 'sandbox', url: 'https://sandbox.hmart.example' },
    ])
    expect((await published('sandbox')).otherEnvironments).toEqual([
      { environment: 'production', url: 'https://api.hmart.example' },
    ])
  })

  it.each([
    ['the same URL', 'https://api.hmart.example'],
    ['the same but for a slash', 'https://api.hmart.example/'],
  ])('are refused with %s', async (_, url) => {
    expect(await errorsOf({ ...WAREHOUSE, 'sandbox.yaml': sandbox('', url) })).toEqual([
      expect.objectContaining({
        code: 'model.audience-shared',
        file: 'sandbox.yaml',
        line: 4,
        path: '/spec/url',
        message: expect.stringContaining('both have the audience https://api.hmart.example'),
      }),
    ])
  })

  it('are refused where one API version here has the audience of another there', async () => {
    const below = deployedIn(['production', 'sandbox'])
    const inner = changed('warehouse/api.yaml', 'v1:', 'v1:', below)
    const second = `    v2:
      contract: contract/openapi.yaml
      basePath: /v1
      state: published
      deployments: { sandbox: { upstream: "https://warehouse.internal" } }
`
    const bundle = { ...inner, 'warehouse/api.yaml': `${inner['warehouse/api.yaml']}${second}` }
    const found = await errorsOf({
      ...bundle,
      'sandbox.yaml': sandbox('', 'https://api.hmart.example/warehouse'),
    })
    expect(found.map(({ code, message }) => [code, message.match(/https:\S*v1/)?.[0]])).toEqual([
      ['model.audience-shared', 'https://api.hmart.example/warehouse/v1'],
    ])
  })

  it('may share audiences where one says so, which is told where their stages differ', async () => {
    const shared = sandbox(', sharesAudiencesWith: [production]', 'https://api.hmart.example')
    const { warnings } = await site.controlPlane.apply({ ...WAREHOUSE, 'sandbox.yaml': shared }, by)
    expect(warnings.filter(({ code }) => code === 'warning.stages-share-tokens')).toMatchObject([
      { file: 'sandbox.yaml', path: '/spec/sharesAudiencesWith/0' },
    ])
    for (const each of ['production', 'sandbox']) {
      expect((await published(each)).otherEnvironments).toEqual([])
    }
  })

  it('share audiences with those alone that exist', async () => {
    const bundle = { ...WAREHOUSE, 'sandbox.yaml': sandbox(', sharesAudiencesWith: [prod]') }
    expect(await errorsOf(bundle)).toMatchObject([{ code: 'model.unknown-reference' }])
  })
})

describe('an app for a stage', () => {
  let site: TestSite
  beforeEach(async () => {
    site = await openTestSite()
  })
  afterEach(() => site.controlPlane.close())

  it('for production cannot depend on what is deployed for sandbox alone', async () => {
    const bundle = { ...appFor('production', deployedIn(['sandbox'])), 'sandbox.yaml': sandbox() }
    const findings = await findingsOf(site.controlPlane.apply(bundle, by))
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([
      expect.objectContaining({
        code: 'model.sandbox-dependency',
        file: 'shop.yaml',
        path: '/spec/product',
        message: expect.stringContaining('deployed for sandbox alone, in "sandbox"'),
      }),
    ])
    const both = deployedIn(['sandbox', 'production'])
    await site.controlPlane.apply({ ...appFor('production', both), 'sandbox.yaml': sandbox() }, by)
  })

  it.each([
    ['sandbox', ['sandbox']],
    ['production', ['production']],
  ])('for %s has its subscriptions there alone', async (stage, environments) => {
    const bundle = { ...appFor(stage, deployedIn(['sandbox', 'production'])), 'sandbox.yaml': sandbox() }
    await site.controlPlane.apply(bundle, by)
    for (const each of ['sandbox', 'production']) {
      const { revision } = await site.controlPlane.revision('hmart', each)
      expect(revision.subscriptions.map(({ app }) => app)).toEqual(
        environments.includes(each) ? ['robot'] : [],
      )
    }
  })

  it('without a stage has them everywhere', async () => {
    const bundle = { ...deployedIn(['sandbox', 'production']), 'sandbox.yaml': sandbox() }
    await site.controlPlane.apply(bundle, by)
    for (const each of ['sandbox', 'production']) {
      const { revision } = await site.controlPlane.revision('hmart', each)
      expect(revision.subscriptions).toHaveLength(1)
    }
  })
})
