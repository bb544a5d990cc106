import { createSecretKey, type KeyObject, randomBytes, randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { link, mkdir, open, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { defineFaults, Fault } from '@portcullis/kernel/fault'
import { Secret } from '@portcullis/kernel/secret'

export const masterKeyFaults = defineFaults('master-key', {
  exposed: {
    status: 500,
    title: 'Others can read the master key',
    remedy: 'Take the rights away (chmod 600), and consider that whoever could read it may have done so.',
  },
  malformed: {
    status: 500,
    title: 'The master key is not one',
    remedy:
      'Give back the right file, or 32 random bytes in base64 or hex (openssl rand -base64 32). What was sealed with another key stays unreadable.',
  },
  unavailable: {
    status: 500,
    title: 'The master key cannot be read or made',
    remedy:
      'Make the file and its folder accessible to the user of this process, or give the key by the environment.',
  },
})

export interface MasterKeyOptions {
  /** Where the key is, or will be: 32 bytes that only the owner can read. */
  readonly file: string
  /** The key itself, in base64 or hex, as an operator gives it by the environment; the file is not touched then. */
  readonly env?: Secret | string | undefined
}

const KEY_BYTES = 32
const OWNER_ONLY = 0o600
const RIGHTS_OF_OTHERS = 0o077
/** Of 32 random bytes some 30 differ; a key with half as many was typed by somebody. */
const MIN_DISTINCT_BYTES = 16

/** The master key: from the environment when given, else from its file, which is made on the first start. */
export async function loadMasterKey(options: MasterKeyOptions): Promise<KeyObject> {
  if (options.env !== undefined) {
    return masterKeyFrom(options.env instanceof Secret ? options.env : new Secret(options.env))
  }
  try {
    return (await read(options.file)) ?? (await make(options.file))
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown
    throw masterKeyFaults.unavailable({ internal: `${options.file}: ${String(thrown)}`, cause: thrown })
  }
}

/** A master key written as text: 64 hex digits, or base64 (also base64url) of 32 bytes. */
export function masterKeyFrom(text: Secret): KeyObject {
  const written = text.reveal().trim()
  if (/^[0-9a-fA-F]{64}$/.test(written)) return checked(Buffer.from(written, 'hex'))
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(written)) return checked(Buffer.from(written, 'base64'))
  throw masterKeyFaults.malformed({ internal: 'it is neither 64 hex digits nor 44 characters of base64' })
}

/** The key, unless it is no secret key of 32 bytes. */
export function checkMasterKey(key: KeyObject): KeyObject {
  if (key.type === 'secret' && key.symmetricKeySize === KEY_BYTES) return key
  throw masterKeyFaults.malformed({ internal: `it is no secret key of ${KEY_BYTES} bytes` })
}

/** Takes the bytes over into a key and wipes them. */
function checked(bytes: Buffer): KeyObject {
  if (bytes.length !== KEY_BYTES) {
    throw masterKeyFaults.malformed({ internal: `it has ${bytes.length} bytes instead of ${KEY_BYTES}` })
  }
  if (new Set(bytes).size < MIN_DISTINCT_BYTES) {
    throw masterKeyFaults.malformed({ internal: 'its bytes are not random' })
  }
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return key
}

/** `undefined` when there is no file. Rights are looked at on what was opened, not on what the path says a moment later. */
async function read(file: string): Promise<KeyObject | undefined> {
  const handle = await open(file, constants.O_RDONLY).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return undefined
    throw thrown
  })
  if (handle === undefined) return undefined
  try {
    const status = await handle.stat()
    const { mode, size } = status
    if (!status.isFile()) throw masterKeyFaults.unavailable({ internal: `${file} is no file` })
    // Windows keeps rights elsewhere; there the folder of the user protects the file.
    if (process.platform !== 'win32' && (mode & RIGHTS_OF_OTHERS) !== 0) {
      throw masterKeyFaults.exposed({ internal: `${file} has the rights ${(mode & 0o777).toString(8)}` })
    }
    if (size !== KEY_BYTES) {
      throw masterKeyFaults.malformed({ internal: `${file} has ${size} bytes instead of ${KEY_BYTES}` })
    }
    return checked(await handle.readFile())
  } finally {
    await handle.close()
  }
}

/**
 * Makes a key that is whole and on the disk before it has its name: no start ever sees half a key, and of several that
 * start at once all get the first one's.
 */
async function make(file: string): Promise<KeyObject> {
  const folder = dirname(file)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = `${file}.${randomUUID()}`
  try {
    await writeNew(draft, randomBytes(KEY_BYTES))
    await link(draft, file).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== 'EEXIST') throw thrown
    })
  } finally {
    await unlink(draft).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code !== 'ENOENT') throw thrown
    })
  }
  await syncFolder(folder)
  const key = await read(file)
  if (key === undefined)
    throw masterKeyFaults.unavailable({ internal: `${file} went away while it was made` })
  return key
}

async function writeNew(file: string, bytes: Buffer): Promise<void> {
  const handle = await open(file, 'wx', OWNER_ONLY)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    bytes.fill(0)
    await handle.close()
  }
}

/** The name of a new file is on the disk only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return // folders cannot be opened there, and names are journalled
  const handle = await open(folder, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
