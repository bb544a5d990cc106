import { cpuMillis } from '@portcullis/kernel/fixture/cpu-millis'
import { afterEach, describe, expect, it } from 'vitest'
import { compileContract } from './compile-contract.ts'
import { type CompilerLimits, type ContractCompiler, openContractCompiler } from './contract-compiler.ts'
import { readPublishedContract } from './fixture/published-contract.ts'

const small = {
  root: 'a.yaml',
  files: {
    'a.yaml': `openapi: 3.1.0
info: {title: Small, version: "1"}
paths: {/a: {get: {security: [], responses: {"200": {description: fine}}}}}
`,
  },
}

let compiler: ContractCompiler | undefined
function open(limits?: Partial<CompilerLimits>): ContractCompiler {
  compiler = openContractCompiler({ timeoutMillis: 20_000, memoryMegabytes: 512, ...limits })
  return compiler
}
afterEach(() => compiler?.close())

describe('openContractCompiler', () => {
  it('answers what the compiler answers', async () => {
    expect(await open().compile(small)).toEqual(compileContract(small))
    expect(await compiler?.compile({ root: 'a.yaml', files: {} })).toMatchObject({
      findings: [{ code: 'contract.missing' }],
    })
  })

  it('answers contracts that come together one after the other, each its own', async () => {
    const given = Array.from({ length: 20 }, (_, i) => ({
      root: 'a.yaml',
      files: { 'a.yaml': small.files['a.yaml'].replace('Small', `Number ${i}`) },
    }))
    const one = open()
    const compiled = await Promise.all(given.map((files) => one.compile(files)))
    expect(compiled.map((each) => each.contract?.title)).toEqual(given.map((_, i) => `Number ${i}`))
  })

  it('does not hold up the thread that serves requests', async () => {
    const files = await readPublishedContract({ secured: true })
    await open().compile(small)
    const compile = async () =>
      expect((await compiler?.compile(files))?.contract?.operations).toHaveLength(441)
    expect(await cpuMillis(compile)).toBeLessThan(100)
  })

  it('ends a contract that takes too long, says so, and goes on with the next', async () => {
    const files = await readPublishedContract({ secured: true })
    open({ timeoutMillis: 1 })
    expect(await compiler?.compile(files)).toMatchObject({
      findings: [
        { code: 'contract.uncompilable', file: 'seam.json', message: expect.stringContaining('1 ms') },
      ],
    })
    await compiler?.close()
    expect((await open().compile(small)).contract?.title).toBe('Small')
  })

  it('ends a contract that takes too much memory, says so, and goes on with the next', async () => {
    const wide = { root: 'a.json', files: { 'a.json': `[${'[],'.repeat(2_000_000)}[]]` } }
    expect(await open({ memoryMegabytes: 64 }).compile(wide)).toMatchObject({
      findings: [{ code: 'contract.uncompilable', message: expect.stringContaining('memory') }],
    })
    expect((await compiler?.compile(small))?.contract?.title).toBe('Small')
  })

  it('rejects once it is closed, and closes twice without harm', async () => {
    await open().compile(small)
    const pending = compiler?.compile(await readPublishedContract({ secured: true }))
    const rejected = expect(pending).rejects.toThrow('closed')
    await compiler?.close()
    await rejected
    await expect(compiler?.compile(small)).rejects.toThrow('closed')
    await compiler?.close()
  })
})
