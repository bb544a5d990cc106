import { anyPolicy } from '@portcullis/policy-kit/policy'
import { testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { principalOf } from '@portcullis/policy-kit/test-principal'
import { describe, expect, it } from 'vitest'
import { clientIdContract } from './contract.ts'
import { clientId } from './policy.ts'

const policy = anyPolicy(clientId)

const call = (client: string | undefined, config: { allow?: string[]; deny?: string[] }) =>
  tryPolicy(
    policy,
    { config },
    testExchange(client === undefined ? {} : { principal: principalOf({ client }) }),
  )

describe('client-id', () => {
  it.each([
    ['robot', { allow: ['robot'] }, undefined],
    ['robot', { allow: ['shop', 'robot'] }, undefined],
    ['robot', { deny: ['shop'] }, undefined],
    ['robot', { allow: ['shop'] }, 'client-id.denied'],
    ['robot', { deny: ['robot'] }, 'client-id.denied'],
    ['robot', { allow: ['robot'], deny: ['robot'] }, 'client-id.denied'],
    ['Robot', { allow: ['robot'] }, 'client-id.denied'],
    [undefined, { allow: ['robot'] }, 'client-id.unknown'],
    [undefined, { deny: ['robot'] }, 'client-id.unknown'],
  ])('of %s with %j is %s', async (client, config, expected) => {
    const { ending, reply } = await call(client, config)
    expect(ending?.verdict === 'refuse' ? ending.fault.code : undefined).toBe(expected)
    if (expected !== undefined) expect(reply.status).toBe(403)
  })

  it('records which list decided', async () => {
    expect((await call('robot', { deny: ['robot'] })).x.trace[0]?.saw).toEqual({ list: 'deny' })
    expect((await call('robot', { allow: ['robot'] })).x.trace[0]?.saw).toEqual({ list: 'allow' })
  })

  it('is not published where it would check nothing', () => {
    expect(clientIdContract.config.safeParse({}).success).toBe(false)
  })
})
