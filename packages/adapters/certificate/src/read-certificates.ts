import { createPrivateKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto'
import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { CertificateNames, namesOf, type ServerTls, type TlsCertificate } from '@portcullis/http1/server/tls'
import { certificateFaults } from './fault.ts'
import { nextUpdateOf } from './next-update.ts'

/** Where the certificates lie that a server shows, and what it speaks with them. */
export interface CertificateFolder {
  /** Holds pairs `NAME.crt` and `NAME.key`; other files, such as hidden ones, are left alone. */
  readonly path: string
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
  /** Groups for the key exchange, the preferred first, parted by colons; those of OpenSSL when absent. */
  readonly groups?: string | undefined
  /** Whether clients are asked for certificates; they are not when absent. */
  readonly client?: ClientCertificates | undefined
}

/** How clients are recognised by their certificates. */
export interface ClientCertificates {
  /** `required` takes nobody without a verified one. */
  readonly mode: 'requested' | 'required'
  /** File with the authorities that they come from, PEM, one after the other; without it none is verified. */
  readonly authorities?: string | undefined
  /** File with what those have revoked, PEM, one list for each. */
  readonly revocations?: string | undefined
}

/** All that a folder holds, and when it ends. */
export interface Certificates {
  readonly tls: ServerTls
  /** What each is called and the names that it is for, in the order of the folder. */
  readonly names: Readonly<Record<string, readonly string[]>>
  /** Also those of the clients' authorities and of their lists of what is revoked, by their places in the files. */
  readonly expiries: readonly Expiry[]
}

/** `at` is in milliseconds since 1970. */
export interface Expiry {
  readonly name: string
  readonly at: number
  /** From so long before it is high time to put another there. */
  readonly warnAheadMillis: number
}

interface Pair {
  readonly name: string
  readonly pem: TlsCertificate
  readonly served: readonly string[]
  readonly expiresAt: number
}

/** This one is shown to clients that ask for no name, or for one that nobody has; else the first by its file's name is. */
const DEFAULT = 'default'
const MAX_PAIRS = 1_000
const DAY_MILLIS = 86_400_000
const MAX_BYTES = 262_144
/** As OpenSSL wants them. */
export const TICKET_KEY_BYTES = 48
const CERTIFICATE = '.crt'
const KEY = '.key'

/** Reads the folder, all or nothing: throws the first fault of `certificate.*`. `now` is in milliseconds. */
export async function readCertificates(folder: CertificateFolder, now: number): Promise<Certificates> {
  const pairs: Pair[] = []
  for (const name of await pairNames(folder.path)) pairs.push(await readPair(folder.path, name, now))
  const [first, ...others] = pairs as [Pair, ...Pair[]]
  refuseSharedNames(pairs)
  const nameless = others.find(({ served }) => served.length === 0)
  if (nameless !== undefined) throw certificateFaults.nameless({ detail: `${nameless.name}.crt has none.` })
  const { minVersion, groups } = folder
  const client = folder.client && (await readClient(folder.client))
  const tls: ServerTls = {
    certificates: [first.pem, ...others.map(({ pem }) => pem)],
    minVersion,
    ...(groups !== undefined && { groups }),
    ...client?.tls,
    // Others every time: sessions must not outlive what was believed of clients when they began.
    ticketKeys: randomBytes(TICKET_KEY_BYTES),
  }
  const own = pairs.map(({ name, expiresAt }) => ({ name, at: expiresAt, warnAheadMillis: 14 * DAY_MILLIS }))
  const expiries = [...own, ...(client?.expiries ?? [])]
  return {
    tls,
    names: Object.fromEntries(pairs.map(({ name, served }) => [name, served])),
    expiries,
  }
}

/** A short text that is another when anything in the folder, or beside it, may be. Never throws. */
export async function certificatesMark({ path, client }: CertificateFolder): Promise<string> {
  const files = await readdir(path).catch((error: Error) => [error.message])
  const paths = files.filter(isOurs).map((file) => join(path, file))
  const beside = [client?.authorities, client?.revocations].filter((file) => file !== undefined)
  const marks = await Promise.all(
    [...paths, ...beside].map((file) =>
      stat(file).then(
        ({ ino, size, mtimeMs, ctimeMs }) => `${file} ${ino} ${size} ${mtimeMs} ${ctimeMs}`,
        (error: Error) => `${file} ${error.message}`,
      ),
    ),
  )
  return marks.toSorted().join('\n')
}

function isOurs(file: string): boolean {
  return !file.startsWith('.') && (file.endsWith(CERTIFICATE) || file.endsWith(KEY))
}

/** The default first, then in the order of their names. */
async function pairNames(path: string): Promise<string[]> {
  const files = await readdir(path).catch((cause: unknown) => {
    throw certificateFaults['no-folder']({ detail: `${path} cannot be listed.`, cause })
  })
  const ours = new Set(files.filter(isOurs))
  for (const file of ours) {
    const partner = baseOf(file) + (file.endsWith(KEY) ? CERTIFICATE : KEY)
    if (!ours.has(partner))
      throw certificateFaults['no-partner']({ detail: `${join(path, partner)} is missing.` })
  }
  const names = [...new Set([...ours].map(baseOf))].toSorted()
  if (names.length === 0) throw certificateFaults['none-there']({ detail: `${path} has no pair.` })
  if (names.length > MAX_PAIRS) {
    throw certificateFaults['too-many']({ detail: `${path} has ${names.length}; ${MAX_PAIRS} are the most.` })
  }
  return names.includes(DEFAULT) ? [DEFAULT, ...names.filter((name) => name !== DEFAULT)] : names
}

async function readClient({
  mode,
  authorities,
  revocations,
}: ClientCertificates): Promise<{ readonly tls: Partial<ServerTls>; readonly expiries: readonly Expiry[] }> {
  const clientAuthorities = authorities === undefined ? [] : await readParts(authorities, 'CERTIFICATE')
  const clientRevocations = revocations && (await readParts(revocations, 'X509 CRL'))
  let expiries: readonly Expiry[]
  try {
    expiries = [
      // TLS passes over authorities that it can't read.
      ...clientAuthorities.map((each, i) => ({
        name: `client-authority ${i + 1}`,
        at: new X509Certificate(each).validToDate.getTime(),
        warnAheadMillis: 14 * DAY_MILLIS,
      })),
      ...(clientRevocations || []).map((each, i) => ({
        name: `client-revocations ${i + 1}`,
        at: nextUpdateOf(each),
        // They are replaced every few days or hours.
        warnAheadMillis: DAY_MILLIS / 4,
      })),
    ]
    createSecureContext({ ca: clientAuthorities, ...(clientRevocations && { crl: clientRevocations }) })
  } catch (cause) {
    const files = [authorities, revocations].filter((file) => file !== undefined).join(' or ')
    throw certificateFaults.unreadable({ detail: `${files} holds what cannot be read.`, cause })
  }
  const tls = { clientCertificates: mode, clientAuthorities, ...(clientRevocations && { clientRevocations }) }
  return { tls, expiries }
}

/** A list with nothing in it would trust nobody, or revoke nothing: surely not what was meant. */
async function readParts(file: string, label: string): Promise<string[]> {
  const end = `-----END ${label}-----`
  const parts = (await readPem(file)).split(end).filter((part) => part.trim() !== '')
  if (parts.length === 0 || parts.some((part) => !part.includes(`-----BEGIN ${label}-----`))) {
    throw certificateFaults.unreadable({ detail: `${file} is no list of ${label} in PEM.` })
  }
  return parts.map((part) => `${part.trim()}\n${end}\n`)
}

const baseOf = (file: string): string => file.slice(0, -CERTIFICATE.length)

async function readPair(path: string, name: string, now: number): Promise<Pair> {
  const certificateFile = join(path, name + CERTIFICATE)
  const keyFile = join(path, name + KEY)
  const pem = { certificate: await readPem(certificateFile), key: await readPem(keyFile, true) }
  const certificate = readCertificate(certificateFile, pem.certificate)
  if (!certificate.checkPrivateKey(readKey(keyFile, pem.key))) {
    throw certificateFaults.mismatched({ detail: `${keyFile} is not the key of ${certificateFile}.` })
  }
  refuseIfNotValid(certificateFile, certificate, now)
  refuseIfUnusable(certificateFile, pem)
  return { name, pem, served: namesOf(pem.certificate), expiresAt: certificate.validToDate.getTime() }
}

async function readPem(file: string, isSecret = false): Promise<string> {
  try {
    await using opened = await open(file)
    const { size, mode } = await opened.stat()
    // Of the file that was opened, not of what its name may stand for by now. On Windows there are no such rights.
    if (isSecret && process.platform !== 'win32' && (mode & 0o007) !== 0) {
      throw certificateFaults.exposed({ detail: `${file} has the rights ${(mode & 0o777).toString(8)}.` })
    }
    if (size > MAX_BYTES) {
      throw certificateFaults.unreadable({ detail: `${file} has more than ${MAX_BYTES} bytes.` })
    }
    return await opened.readFile('utf8')
  } catch (cause) {
    if (certificateFaults.exposed.is(cause) || certificateFaults.unreadable.is(cause)) throw cause
    throw certificateFaults.unreadable({ detail: `${file} cannot be opened.`, cause })
  }
}

/** The first of a chain; the others are looked at too, so that none is sent that nobody can read. */
function readCertificate(file: string, pem: string): X509Certificate {
  const parts = pem.split(/(?<=-----END CERTIFICATE-----)/).filter((part) => part.trim() !== '')
  try {
    const [first] = parts.map((part) => new X509Certificate(part))
    if (first === undefined) throw new TypeError('the file is empty')
    return first
  } catch (cause) {
    throw certificateFaults.unreadable({ detail: `${file} is no chain of certificates in PEM.`, cause })
  }
}

/** What OpenSSL says of a key that it can't read tells nothing of the key. */
function readKey(file: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    throw certificateFaults.unreadable({
      detail: `${file} is no private key in PEM without passphrase.`,
      cause,
    })
  }
}

function refuseIfNotValid(file: string, { validFromDate, validToDate }: X509Certificate, now: number): void {
  if (now > validToDate.getTime()) {
    throw certificateFaults.expired({ detail: `${file} was valid until ${validToDate.toISOString()}.` })
  }
  if (now < validFromDate.getTime()) {
    throw certificateFaults.expired({ detail: `${file} is not valid before ${validFromDate.toISOString()}.` })
  }
}

/** What TLS itself has against it, such as a key that is too short. */
function refuseIfUnusable(file: string, pem: TlsCertificate): void {
  try {
    new CertificateNames({ certificates: [pem] })
  } catch (cause) {
    throw certificateFaults.unusable({ detail: `${file} is refused by TLS.`, cause })
  }
}

function refuseSharedNames(pairs: readonly Pair[]): void {
  const holders = new Map<string, string>()
  for (const { name, served } of pairs) {
    for (const each of served) {
      const holder = holders.get(each)
      if (holder !== undefined && holder !== name) {
        throw certificateFaults['name-twice']({ detail: `${holder}.crt and ${name}.crt are for ${each}.` })
      }
      holders.set(each, name)
    }
  }
}
