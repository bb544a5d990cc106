import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { referencePages } from './reference-pages.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

describe('the reference', () => {
  test('says what the code says: after a change of settings, policies or faults run `npm run docs`', async () => {
    for (const [path, text] of Object.entries(await referencePages(root))) {
      expect(readFileSync(join(root, path), 'utf8'), path).toBe(text)
    }
  })
})
