import { describe, expect, it } from 'vitest'
import { treeOf } from '../tree.ts'
import { checkFloors } from './check-floors.ts'

const floors = {
  floors: [['packages/kernel'], ['packages/model', 'packages/other'], ['apps/gateway']],
  thirdParty: ['apps/*'],
  exceptions: { 'packages/kernel': { zod: 'the schema language' } },
  computed: { 'packages/other/src/a.ts': 'it loads them all' },
  pure: { 'packages/kernel/src/*.ts': ['node:crypto'], 'packages/model/src/*.ts': [] },
  tests: { files: ['**/*.test.ts'], packages: ['vitest'] },
}

const manifest = (name: string, dependencies: Record<string, string> = {}, devDependencies = {}): string =>
  JSON.stringify({ name: `@portcullis/${name}`, dependencies, devDependencies })

const whole: Record<string, string> = {
  'floors.json': JSON.stringify(floors),
  'package.json': JSON.stringify({ devDependencies: { vitest: '1.0.0' } }),
  'packages/kernel/package.json': manifest('kernel', { zod: '1.0.0' }),
  'packages/kernel/src/id.ts': "import { z } from 'zod'\nimport { createHash } from 'node:crypto'\n",
  'packages/model/package.json': manifest('model', { '@portcullis/kernel': '0.1.0' }),
  'packages/model/src/plan.ts': "import { z } from '@portcullis/kernel/id'\nimport './api.ts'\n",
  'packages/model/src/plan.test.ts': "import { it } from 'vitest'\nimport { readFileSync } from 'node:fs'\n",
  'packages/other/package.json': manifest('other', { '@portcullis/kernel': '0.1.0' }),
  'packages/other/src/a.ts': 'export const a = 1\n',
  'apps/gateway/package.json': manifest(
    'gateway',
    { '@portcullis/model': '0.1.0', undici: '1.0.0' },
    { '@types/ws': '1.0.0', ws: '1.0.0' },
  ),
  'apps/gateway/src/main.ts':
    "import 'undici'\nimport type { W } from 'ws'\nimport '@portcullis/model/plan'\n",
}

const findings = (changes: Record<string, string> = {}) => checkFloors(treeOf({ ...whole, ...changes }))

describe('checkFloors', () => {
  it('has nothing against a tree that keeps to its floors', () => {
    expect(findings()).toEqual([])
  })

  it.each([
    [
      'a package on a higher floor',
      'packages/kernel/src/id.ts',
      "import '@portcullis/model/plan'",
      'higher floor',
    ],
    ['a sibling', 'packages/model/src/plan.ts', "import '@portcullis/other/a'", 'same floor'],
    [
      'a type of a sibling',
      'packages/model/src/plan.ts',
      "type A = import('@portcullis/other/a').A",
      'same floor',
    ],
    [
      'its own package by name',
      'packages/model/src/plan.ts',
      "import '@portcullis/model/api'",
      'its own package',
    ],
    [
      'a file of another package',
      'packages/model/src/plan.ts',
      "export * from '../../kernel/src/id.ts'",
      'lies outside',
    ],
    [
      'a file outside of every package',
      'apps/gateway/src/main.ts',
      "import '../../../floors.json'",
      'lies outside',
    ],
    [
      'a package of ours that there is not',
      'apps/gateway/src/main.ts',
      "import '@portcullis/modle/plan'",
      'neither',
    ],
    ['a third-party package', 'packages/model/src/plan.ts', "import 'lodash'", 'may not use'],
    ['a test runner outside of tests', 'packages/model/src/plan.ts', "import 'vitest'", 'may not use'],
    [
      'an undeclared third-party package',
      'apps/gateway/src/main.ts',
      "import '@hono/x/y'",
      'does not declare',
    ],
    [
      'an undeclared package of ours',
      'apps/gateway/src/main.ts',
      "import '@portcullis/kernel/id'",
      'does not declare',
    ],
    ['code of a package for development', 'apps/gateway/src/main.ts', "import 'ws'", 'does not declare'],
    ['I/O in the kernel', 'packages/kernel/src/id.ts', "import 'node:fs'", 'does I/O'],
    ['any module of Node in the model', 'packages/model/src/plan.ts', "import 'node:crypto'", 'does I/O'],
    ['a module of Node without its scheme', 'apps/gateway/src/main.ts', "import 'fs'", 'of Node'],
    ['an address', 'apps/gateway/src/main.ts', "import 'https://example.com/a.ts'", 'neither'],
    ['an absolute path', 'apps/gateway/src/main.ts', "import '/etc/a.ts'", 'neither'],
    ['a computed name', 'apps/gateway/src/main.ts', 'await import(name)', 'computed'],
    [
      'a computed name that climbs',
      'apps/gateway/src/main.ts',
      `await import(\`./../\${name}\`)`,
      'computed',
    ],
  ])('refuses the import of %s', (_, file, text, what) => {
    const found = findings({ [file]: `\n${text}\n` })
    expect(found).toEqual([expect.objectContaining({ file, line: 2, what: expect.stringContaining(what) })])
  })

  it('lets a computed name stay below its own folder', () => {
    expect(findings({ 'apps/gateway/src/main.ts': `await import(\`./step/\${name}.ts\`)` })).toEqual([])
  })

  it('lets a file compute a name that floors.json names with its reason', () => {
    expect(findings({ 'packages/other/src/a.ts': 'await import(name)' })).toEqual([])
  })

  it('lets a test compute a name', () => {
    expect(findings({ 'packages/model/src/plan.test.ts': 'await import(name)' })).toEqual([])
  })

  it('names the line of a file that is no TypeScript', () => {
    const file = 'packages/other/src/a.ts'
    expect(findings({ [file]: 'const a = 1\nconst = 2' })).toEqual([
      expect.objectContaining({ file, line: 2 }),
    ])
  })

  it('refuses a package on no floor', () => {
    const found = findings({ 'packages/new/package.json': manifest('new'), 'packages/new/src/a.ts': '' })
    expect(found).toEqual([expect.objectContaining({ file: 'packages/new/package.json' })])
  })

  it('refuses a source file that belongs to no package', () => {
    expect(findings({ 'scripts/a.ts': '' })).toEqual([expect.objectContaining({ file: 'scripts/a.ts' })])
  })

  it.each([
    ['floors', { floors: [...floors.floors, ['packages/gone']] }],
    ['thirdParty', { thirdParty: ['apps/*', 'packages/gone'] }],
    ['exceptions', { exceptions: { ...floors.exceptions, 'packages/gone': {} } }],
    ['computed', { computed: { 'packages/gone': 'why' } }],
    ['pure', { pure: { ...floors.pure, 'packages/gone': [] } }],
    ['tests', { tests: { ...floors.tests, files: ['**/*.test.ts', 'packages/gone'] } }],
  ])('refuses a glob of %s that matches nothing', (_, change) => {
    const found = findings({ 'floors.json': JSON.stringify({ ...floors, ...change }) })
    expect(found).toEqual([expect.objectContaining({ what: expect.stringContaining('"packages/gone"') })])
  })

  it('refuses a key of floors.json that it does not know', () => {
    const changed = { 'floors.json': JSON.stringify({ ...floors, third: [] }) }
    expect(() => findings(changed)).toThrow('"third" is not known')
  })
})
