import { expect, it, onTestFinished } from 'vitest'
import { changed, openTestSite, WAREHOUSE } from '../test-kit.ts'

async function findingsWith(schema: string) {
  const { controlPlane } = await openTestSite()
  onTestFinished(() => controlPlane.close())
  const declared = `state: published\n      authorizationDetails:\n        payment: { title: Pay, schema: ${schema} }`
  const bundle = changed('warehouse/api.yaml', 'state: published', declared, WAREHOUSE)
  const findings = await controlPlane.validate(bundle)
  return findings.filter(({ severity }) => severity === 'error').map(({ code, path }) => ({ code, path }))
}
const AT = {
  code: 'model.bad-detail-schema',
  path: '/spec/versions/v1/authorizationDetails/payment/schema',
}

it('takes a schema of authorization details that can be asked', async () => {
  expect(await findingsWith('{ type: object, properties: { type: { const: payment } } }')).toEqual([])
})

it.each([
  [
    'runs patterns over what apps send',
    '{ type: object, properties: { a: { type: string, pattern: "(a+)+$" } } }',
  ],
  ['runs formats over it', '{ type: object, properties: { a: { type: string, format: uri } } }'],
  ['leads elsewhere', '{ $ref: "https://evil.example/schema" }'],
  ['says what nobody knows', '{ type: object, propertys: {} }'],
  ['is no schema', '{ type: payment }'],
])('refuses one that %s', async (_, schema) => {
  expect(await findingsWith(schema)).toEqual([AT])
})
