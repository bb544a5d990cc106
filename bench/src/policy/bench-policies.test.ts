import { catalog } from '@portcullis/policies/catalog'
import { describe, expect, it } from 'vitest'
import { openIssuer } from '../world/issuer.ts'
import { benchPolicies, summarizePolicies } from './bench-policies.ts'
import { openCalls } from './open-calls.ts'
import { choosePolicyCases, policyCases } from './policy-case.ts'

describe('the cases of policies', () => {
  const issuer = openIssuer()

  it('have one for every policy of the catalogue, which has it run', () => {
    for (const { contract } of catalog) {
      const found = policyCases.find((each) => each.name === contract.id)
      expect(Object.keys(found?.policies ?? {}), `a case named ${contract.id}`).toContain(contract.id)
    }
  })

  it.each(policyCases.map((each) => each.name))('are answered by the backend: %s', async (name) => {
    await using calls = await openCalls(choosePolicyCases([name]).at(-1) as never, issuer)
    await calls.make(3)
  })

  it('are compared with cases that there are', () => {
    for (const { over } of policyCases) expect(over === undefined || choosePolicyCases([over])).toBeTruthy()
  })

  it('stop at a call that is refused, as that would be quicker than an answer', async () => {
    const refused = { name: 'none-let-in', policies: { 'ip-filter': { allow: ['198.51.100.1'] } } }
    await using calls = await openCalls(refused, issuer)
    await expect(calls.make(1)).rejects.toThrow(/none-let-in: a call was answered with 403/)
  })
})

describe('choosePolicyCases', () => {
  it('adds the case to which one is compared', () => {
    expect(choosePolicyCases(['scope']).map((each) => each.name)).toEqual(['jwt', 'scope'])
  })

  it('refuses a case that there is not', () => {
    expect(() => choosePolicyCases(['sauna'])).toThrow(/no case sauna; there are plain/)
  })
})

describe('summarizePolicies', () => {
  it('tells what a case adds to the one without it, by the middle rounds', () => {
    const measured = new Map([
      ['plain', [2, 1.9, 9]],
      ['cors', [2.51, 2.5, 2.6]],
    ])
    expect(summarizePolicies(choosePolicyCases(['cors']), measured)).toEqual([
      { bench: 'policies', case: 'plain', cpuMicros: 2, addsMicros: null, over: null },
      { bench: 'policies', case: 'cors', cpuMicros: 2.51, addsMicros: 0.51, over: 'plain' },
    ])
  })
})

describe('benchPolicies', () => {
  it('ends when it is interrupted', async () => {
    const signal = AbortSignal.abort(new Error('interrupted'))
    const options = { seconds: 1, rounds: 1, cases: ['plain'], json: true, signal, print: () => undefined }
    await expect(benchPolicies(options)).rejects.toThrow('interrupted')
  })
})
