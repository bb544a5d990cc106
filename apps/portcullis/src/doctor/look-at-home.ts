import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { isHeld } from '@portcullis/sqlite/data-folder'
import type { Settings } from '../setting/settings.ts'
import { careful, type Symptom, well, wrong } from './symptom.ts'

/** Below this a log and a store may fill the disk within the hour. */
const LITTLE_BYTES = 512 * 1024 * 1024
const MEGABYTE = 1024 * 1024

/** The home folder: that it is there and can be written, that the disk has room, that the key of all secrets is there. */
export function lookAtHome({ home, storeUrl, masterKey, roles }: Settings): Symptom[] {
  if (!existsSync(home)) {
    return [
      careful(
        `There is no home folder ${home}.`,
        'Run this in the folder where Portcullis was started, as its user, or set PORTCULLIS_HOME.',
      ),
    ]
  }
  return [
    lookAtRights(home),
    lookAtRoom(home),
    ...(roles.some((role) => role !== 'gateway') && masterKey === undefined ? [lookAtKey(home)] : []),
    ...(storeUrl === undefined ? [lookAtHolder(home)] : []),
  ]
}

function lookAtRights(home: string): Symptom {
  try {
    accessSync(home, constants.R_OK | constants.W_OK | constants.X_OK)
    return well(`The home folder ${home} can be read and written.`)
  } catch {
    return wrong(`This user may not write to the home folder ${home}.`, 'Run this as the user of Portcullis.')
  }
}

function lookAtRoom(home: string): Symptom {
  const { bavail, bsize, ffree, files } = statfsSync(home)
  const free = bavail * bsize
  const told = `${Math.floor(free / MEGABYTE)} MB are free on the disk of ${home}`
  // Some file systems count no files.
  const lacksFiles = files > 0 && ffree === 0
  const remedy = 'Make room; docs/how-to/find-out-what-is-wrong.md tells what may go.'
  if (free < MEGABYTE || lacksFiles) return wrong(`The disk is full: ${told}.`, remedy)
  return free < LITTLE_BYTES ? careful(`${told}.`, remedy) : well(`${told}.`)
}

function lookAtKey(home: string): Symptom {
  const file = join(home, 'master.key')
  if (existsSync(file)) return well(`${file} is there: keep a copy of it apart from the backups.`)
  if (!existsSync(join(home, 'store.sqlite')))
    return well(`${home} is new: the master key is made at the first start.`)
  const gone = `${file} is gone, and secrets in the store are sealed with it.`
  // A process that runs was given the key in its own environment.
  if (isHeld(home)) return careful(gone, 'Whoever starts Portcullis next must have PORTCULLIS_MASTER_KEY.')
  return wrong(gone, 'Put the file back from where you keep it: docs/how-to/back-up-and-restore.md.')
}

function lookAtHolder(home: string): Symptom {
  return isHeld(home)
    ? well(`A process of Portcullis has ${home}.`)
    : wrong(`No process of Portcullis has ${home}: it does not run.`, 'Start it: npx portcullis start.')
}
