import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { referencePages } from './reference/reference-pages.ts'

/** `npm run docs`: writes the reference pages from the declarations that they describe. */
const root = fileURLToPath(new URL('../..', import.meta.url))
for (const [path, text] of Object.entries(await referencePages(root))) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
  process.stdout.write(`wrote ${path}\n`)
}
