import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'
import { defineFaults } from '@portcullis/kernel/fault'
import type { Bundle } from './read-bundle.ts'

export const exportFaults = defineFaults('export', {
  'not-empty': {
    status: 400,
    title: 'The folder is not empty',
    remedy: 'Export into a new folder, so that nothing old is mixed with what is there now.',
  },
  'foreign-path': {
    status: 502,
    title: 'The control plane named a file outside of the folder',
    remedy: 'Do not trust this control plane; nothing was written.',
  },
})

/** Writes files into a folder that is new or empty. */
export function writeBundle(folder: string, bundle: Bundle): void {
  if (existsSync(folder) && readdirSync(folder).length > 0) {
    throw exportFaults['not-empty']({ detail: `${folder} holds files already.` })
  }
  const paths = Object.keys(bundle)
  const foreign = paths.find((path) => !isInside(path))
  if (foreign !== undefined)
    throw exportFaults['foreign-path']({ detail: `It named "${foreign.slice(0, 200)}".` })
  for (const path of paths) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, bundle[path] as string)
  }
}

function isInside(path: string): boolean {
  const normal = normalize(path)
  return normal !== '' && !normal.startsWith('..') && !normal.startsWith(sep) && !/^[A-Za-z]:/.test(normal)
}
