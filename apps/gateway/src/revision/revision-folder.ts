import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { name } from '@portcullis/kernel/schema'
import type { EnvironmentName } from './revision-source.ts'

/** A signed revision as it lies on the disk; nothing about it is trusted. */
export interface KeptRevision extends EnvironmentName {
  readonly jws: string
}

/** Where the last good revision of each environment is kept, for a start without the control plane. */
export interface RevisionFolder {
  /** Whole and on the disk when it resolves; when it rejects, what was there before still is. */
  write(kept: KeptRevision): Promise<void>
  read(): Promise<KeptRevision[]>
  remove(environment: EnvironmentName): Promise<void>
}

const SUFFIX = '.jws'
const MAX_BYTES = 64 * 1024 * 1024

/** Opens the folder, making it where it is missing. Readable by us alone: it tells how everything is protected. */
export async function openRevisionFolder(home: string): Promise<RevisionFolder> {
  const folder = join(home, 'revisions')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const pathOf = ({ organization, environment }: EnvironmentName): string =>
    join(folder, `${name().parse(organization)}.${name().parse(environment)}${SUFFIX}`)
  return {
    async write(kept) {
      const path = pathOf(kept)
      await writeDurably(`${path}.new`, kept.jws)
      await rename(`${path}.new`, path)
      await syncFolder(folder)
    },
    async read() {
      const files = (await readdir(folder)).filter((file) => file.endsWith(SUFFIX)).toSorted()
      const kept = await Promise.all(files.map((file) => readKept(folder, file)))
      return kept.filter((each) => each !== undefined)
    },
    async remove(environment) {
      await rm(pathOf(environment), { force: true })
      await syncFolder(folder)
    },
  }
}

async function readKept(folder: string, file: string): Promise<KeptRevision | undefined> {
  const [organization = '', environment = '', ...more] = file.slice(0, -SUFFIX.length).split('.')
  const isOurs =
    more.length === 0 && [organization, environment].every((part) => name().safeParse(part).success)
  if (!isOurs) return undefined
  const path = join(folder, file)
  const { size } = await stat(path)
  return { organization, environment, jws: size > MAX_BYTES ? '' : await readFile(path, 'utf8') }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A rename is durable once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
