import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { OPTIMIZED_BYTES } from './optimize-later.ts'

const LATER = new URL('./optimize-later.ts', import.meta.url).href

/** What V8 says of a busy function: whether TurboFan compiled it, while it was not to and afterwards. */
const PROGRAM = `
  const { optimizeLater, optimizeNow } = await import('${LATER}')
  const isTurbo = new Function('f', 'return (%GetOptimizationStatus(f) & 64) !== 0')
  function isOptimizedWithin(turns) {
    const busy = new Function('n', 'let sum = 0; for (let i = 0; i < n; i++) sum += i * i; return sum')
    for (let turn = 0; turn < turns && !isTurbo(busy); turn++) for (let i = 0; i < 20_000; i++) busy(10)
    return isTurbo(busy)
  }
  optimizeLater()
  const meanwhile = isOptimizedWithin(20)
  optimizeNow()
  console.log(JSON.stringify([meanwhile, isOptimizedWithin(100_000)]))
`

test('V8 optimizes by itself what is as long as it is told to afterwards', () => {
  const options = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' })
  expect(options).toContain(`default: --max-optimized-bytecode-size=${OPTIMIZED_BYTES}\n`)
})

test('functions that are busy meanwhile are not optimized, those that are busy afterwards are', () => {
  const arguments_ = ['--allow-natives-syntax', '--input-type=module', '-e', PROGRAM]
  expect(JSON.parse(execFileSync(process.execPath, arguments_, { encoding: 'utf8' }))).toEqual([false, true])
})
