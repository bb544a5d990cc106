import { setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { tell } from '../thread/told-fault.ts'
import type { FromReader, ReaderSetup, ToReader } from './open-reader.ts'
import { openReadRevision } from './read-revision.ts'

/** The program of the thread that reads revisions. */

if (parentPort === null) throw new Error('this program is for a thread of the gateway')
const main = parentPort
const { revisionKey, group } = workerData as ReaderSetup

/** Where it has to share a core with one that takes calls it gets a quarter of it. */
const NICE = 5
// On Linux this holds for the present thread, elsewhere it would for the process.
if (process.platform === 'linux') setPriority(NICE)

const reading = openReadRevision(revisionKey, group)

main.on('message', async ({ id, jws }: ToReader) => {
  let answer: FromReader
  try {
    const read = await reading
    answer = { id, read: await read(jws) }
  } catch (thrown) {
    answer = { id, failed: tell(thrown) }
  }
  main.postMessage(answer)
})
