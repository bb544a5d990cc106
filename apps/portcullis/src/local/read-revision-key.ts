import { readFileSync } from 'node:fs'
import { publicJwk, type RevisionKey } from '@portcullis/api-client/route/revision'
import { defineFaults } from '@portcullis/kernel/fault'

export const revisionKeyFaults = defineFaults('revision-key', {
  unreadable: {
    status: 400,
    title: 'The control plane’s public key cannot be read',
    remedy: 'Copy `revision-key.json` from the control plane’s home folder, whole.',
  },
})

/** The public key that a gateway in a process of its own was given. */
export function readRevisionKey(file: string): RevisionKey {
  try {
    return publicJwk.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (cause) {
    throw revisionKeyFaults.unreadable({
      detail: `${file} is missing or is no such key.`,
      place: { file },
      cause,
    })
  }
}
