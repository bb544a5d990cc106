import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from '@portcullis/kernel/schema'
import { type Revocation, revocation } from '@portcullis/model/revocation'

const content = z.strictObject({ position: z.int().min(0), revocations: z.array(revocation) })
export type KnownRevocations = z.infer<typeof content>

const NAME = 'revocations.json'
const NONE: KnownRevocations = { position: 0, revocations: [] }

/**
 * What a gateway knows of revocations, beside its revisions on the disk: one that starts while the control plane is away
 * must not bring back to life what was revoked.
 */
export interface RevocationFile {
  read(): Promise<KnownRevocations>
  /** The file is whole at any moment, the old one or the new. */
  write(known: { readonly position: number; readonly revocations: readonly Revocation[] }): Promise<void>
}

export function openRevocationFile(home: string): RevocationFile {
  const path = join(home, NAME)
  return {
    async read() {
      try {
        return content.parse(JSON.parse(await readFile(path, 'utf8')))
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return NONE
        throw thrown
      }
    },
    async write(known) {
      await writeFile(`${path}.new`, JSON.stringify(known), { mode: 0o600, flush: true })
      await rename(`${path}.new`, path)
    },
  }
}
