import { anyPolicy } from '@portcullis/policy-kit/policy'
import { bindFor, runThrough, testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { describe, expect, it } from 'vitest'
import { agents } from './agent-list.ts'
import { botAgentContract } from './contract.ts'
import { botAgent } from './policy.ts'

const policy = anyPolicy(botAgent)

const call = (agent: string | undefined, config: Record<string, unknown> = {}) =>
  tryPolicy(
    policy,
    { config: config as never },
    testExchange({ headers: agent === undefined ? {} : { 'User-Agent': agent } }),
  )

const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36'

describe('bot-agent', () => {
  it.each([
    [CHROME, {}, undefined],
    ['curl/8.1', {}, undefined],
    ['sqlmap/1.7#stable (https://sqlmap.org)', {}, 'bot-agent.denied'],
    ['Mozilla/5.00 (Nikto/2.5.0)', {}, 'bot-agent.denied'],
    ['SQLMAP', {}, 'bot-agent.denied'],
    ['GPTBot/1.2', {}, undefined],
    ['GPTBot/1.2', { lists: ['trainer'] }, 'bot-agent.denied'],
    ['sqlmap/1.7', { lists: ['trainer'] }, undefined],
    ['acme-crawler/2', { deny: ['ACME'] }, 'bot-agent.denied'],
    ['acme-crawler/2 (friend)', { deny: ['acme'], allow: ['FRIEND'] }, undefined],
    ['sqlmap pentest-2026', { allow: ['pentest-2026'] }, undefined],
    [undefined, {}, undefined],
    [undefined, { missing: 'refuse' }, 'bot-agent.missing'],
    ['', { missing: 'refuse' }, 'bot-agent.missing'],
  ])('of %s with %j: %s', async (agent, config, expected) => {
    const { ending, reply } = await call(agent, config)
    expect(ending?.verdict === 'refuse' ? ending.fault.code : undefined).toBe(expected)
    if (expected !== undefined) expect(reply.status).toBe(403)
  })

  it('judges the second call like the first', async () => {
    const steps = bindFor(policy, {}, testExchange())
    for (const [agent, admitted] of [
      [CHROME, true],
      ['sqlmap/1', false],
      [CHROME, true],
      ['sqlmap/1', false],
      [`${CHROME}${'x'.repeat(1000)}`, true],
    ] as const) {
      const { ending } = await runThrough(steps, testExchange({ headers: { 'User-Agent': agent } }))
      expect(ending === undefined).toBe(admitted)
    }
  })

  it('records which list holds what was found', async () => {
    expect((await call('sqlmap/1.7')).x.trace[0]?.saw).toEqual({ list: 'scanner', part: 'sqlmap' })
  })

  it('has lists that find what they look for, whatever the case', () => {
    for (const part of Object.values(agents).flat()) {
      expect(part).toBe(part.toLowerCase())
      expect(part.length).toBeGreaterThan(3)
    }
  })

  it.each([{ lists: [] }, { deny: ['ab'] }, { lists: ['friend'] }])('is not published with %j', (config) => {
    expect(botAgentContract.config.safeParse(config).success).toBe(false)
  })
})
