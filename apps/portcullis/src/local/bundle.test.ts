import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { folderFaults, readBundle } from './read-bundle.ts'
import { exportFaults, writeBundle } from './write-bundle.ts'

describe('a bundle of declarations', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'portcullis-bundle-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('holds the YAML and JSON files of a folder by their relative path', () => {
    mkdirSync(join(folder, 'deep/deeper'), { recursive: true })
    writeFileSync(join(folder, 'a.yaml'), 'a')
    writeFileSync(join(folder, 'deep/deeper/b.json'), 'b')
    writeFileSync(join(folder, 'README.md'), 'no declaration')
    writeFileSync(join(folder, '.hidden.yaml'), 'hidden')
    expect(readBundle(folder)).toEqual({ 'a.yaml': 'a', 'deep/deeper/b.json': 'b' })
  })

  test('may be one file', () => {
    writeFileSync(join(folder, 'a.yaml'), 'a')
    expect(readBundle(join(folder, 'a.yaml'))).toEqual({ 'a.yaml': 'a' })
  })

  test('follows no symbolic link out of the folder', () => {
    writeFileSync(join(folder, 'a.yaml'), 'a')
    symlinkSync('/etc/hostname', join(folder, 'b.yaml'))
    symlinkSync('/etc', join(folder, 'etc'))
    expect(Object.keys(readBundle(folder))).toEqual(['a.yaml'])
  })

  test('is refused when there is nothing, no such folder, or no text', () => {
    expect(() => readBundle(folder)).toThrow(expect.objectContaining({ code: folderFaults.empty.code }))
    expect(() => readBundle(join(folder, 'nowhere'))).toThrow(
      expect.objectContaining({ code: folderFaults.missing.code }),
    )
    writeFileSync(join(folder, 'a.yaml'), Buffer.from([0xff, 0xfe, 0x00]))
    expect(() => readBundle(folder)).toThrow(
      expect.objectContaining({ code: folderFaults['not-text'].code, place: { file: 'a.yaml' } }),
    )
  })

  test('is written as it was read', () => {
    const bundle = { 'hmart/Api/a.yaml': 'a', 'b.yaml': 'b' }
    writeBundle(join(folder, 'out'), bundle)
    expect(readBundle(join(folder, 'out'))).toEqual(bundle)
  })

  test('is not written over anything', () => {
    writeFileSync(join(folder, 'a.yaml'), 'mine')
    expect(() => writeBundle(folder, { 'a.yaml': 'theirs' })).toThrow(
      expect.objectContaining({ code: exportFaults['not-empty'].code }),
    )
    expect(readFileSync(join(folder, 'a.yaml'), 'utf8')).toBe('mine')
  })

  test.each(['../outside.yaml', '/etc/outside.yaml', 'a/../../outside.yaml', 'C:\\outside.yaml'])(
    'is not written at all when it names %s',
    (path) => {
      const out = join(folder, 'out')
      expect(() => writeBundle(out, { 'a.yaml': 'a', [path]: 'x' })).toThrow(
        expect.objectContaining({ code: exportFaults['foreign-path'].code }),
      )
      expect(existsSync(out)).toBe(false)
    },
  )
})
