import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'

const repository = join(import.meta.dirname, '../..')
const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const whole: Record<string, string> = {
  'package.json': '{ "type": "module" }\n',
  'package-lock.json': '{}\n',
  'tsconfig.json': '{ "compilerOptions": { "noEmit": true, "types": [] }, "include": ["packages"] }\n',
  'biome.json': '{ "formatter": { "enabled": false } }\n',
  'floors.json':
    '{ "floors": [["packages/kernel"]], "thirdParty": [], "exceptions": {}, "computed": {}, "pure": {}, "tests": { "files": [], "packages": [] } }\n',
  'packages/kernel/package.json': '{ "name": "@portcullis/kernel" }\n',
  'packages/kernel/src/id.ts': 'export const id: number = 1;\n',
}

/** Writes a repository to a temporary folder and runs `check` on it. */
function check(changes: Record<string, string> = {}): { status: number | null; lines: string[] } {
  const root = mkdtempSync(join(tmpdir(), 'portcullis-check-'))
  folders.push(root)
  for (const [file, text] of Object.entries({ ...whole, ...changes })) {
    mkdirSync(dirname(join(root, file)), { recursive: true })
    writeFileSync(join(root, file), text)
  }
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'))
  const ran = spawnSync(process.execPath, [join(repository, 'tools/src/check.ts'), root], {
    encoding: 'utf8',
  })
  return { status: ran.status, lines: ran.stdout.split('\n').map((line) => line.trim()) }
}

describe('npm run check', () => {
  it('ends with 0 where all is in order', () => {
    const { status, lines } = check()
    expect(lines.filter((line) => line !== '').at(-1)).toBe('check: all in order')
    expect(status).toBe(0)
  })

  it('ends with 1 and names file, line, what and how to mend it', () => {
    const { status, lines } = check({ 'packages/kernel/src/bad.ts': "\nimport 'lodash';\n" })
    expect(status).toBe(1)
    const line = lines.find((each) => each.includes('third-party'))
    expect(line).toMatch(/^packages\/kernel\/src\/bad\.ts:2: imports .* Mend: /)
  })

  it('runs the compiler', () => {
    const { status, lines } = check({ 'packages/kernel/src/bad.ts': "export const id: number = 'x';\n" })
    expect(status).toBe(1)
    expect(lines).toContainEqual(expect.stringMatching(/^packages\/kernel\/src\/bad\.ts:1: TS2322/))
  })

  it('runs Biome', () => {
    const { status, lines } = check({ 'packages/kernel/src/bad.ts': 'export const id: any = 1;\n' })
    expect(status).toBe(1)
    expect(lines).toContainEqual(expect.stringMatching(/^packages\/kernel\/src\/bad\.ts:1: .*noExplicitAny/))
  })

  it('counts what could not be checked as not in order', () => {
    const { status, lines } = check({ 'floors.json': '{}\n' })
    expect(status).toBe(1)
    expect(lines).toContainEqual(expect.stringContaining('could not be checked: "floors" is missing'))
  })
})
