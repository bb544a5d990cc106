import { describe, expect, it } from 'vitest'
import { decisionPointContract } from './contract.ts'
import { type Config, URL } from './test-decision-point.ts'

describe('decision-point is not published', () => {
  const refused = (config: Config) =>
    !decisionPointContract.config.safeParse({ url: URL, dialect: 'authzen', ...config }).success

  it.each([
    { send: { context: ['/clams/tier'] } },
    { send: { context: ['/body/amount'] } },
    { send: { context: ['/headers'] } },
    { send: { subject: ['/headers/Authorization'] } },
    { send: { subject: ['/headers/cookie'] } },
    { send: { context: ['method'] } },
    { dialect: 'opa', questions: [{}, {}] },
    { questions: [] },
    { keepBy: ['/claims/tier'] },
    { credentials: { scheme: 'basic', secret: 'pdp' } },
    { credentials: { user: 'gateway', secret: 'pdp' } },
    { url: 'https://user:secret@pdp.example/' },
    { timeout: '1h' },
    { dialect: 'rego' },
  ])('with %j', (config) => {
    expect(refused(config)).toBe(true)
    expect(refused({})).toBe(false)
  })
})
