import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { collectorFlags } from './tune-collector.ts'

const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' })
const nameOf = (flag: string) => flag.replace(/^--(no-)?|=.*$/g, '')

test.each([1, 2])(
  'V8 knows every flag that is set on %i cores: one that it has no more it passes over',
  (cores) => {
    for (const flag of collectorFlags(cores)) expect(known).toContain(` --${nameOf(flag)} `)
  },
)

test('helpers mark only where they have a core of their own', () => {
  expect(collectorFlags(1)).toContain('--no-concurrent-marking')
  expect(collectorFlags(2)).not.toContain('--no-concurrent-marking')
})
