import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../setting/settings.ts'
import { careful, type Symptom, well, wrong } from './symptom.ts'

const DAY_MILLIS = 24 * 3_600_000
const WARN_DAYS = 14
const FIRST_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/

/** The certificates in the folders that the settings name: until when each is good. */
export function lookAtCertificates(settings: Settings, now: number): Symptom[] {
  const folders = [settings.gatewayCertificates, settings.authserverCertificates]
  return [...new Set(folders)].flatMap((folder) => (folder === undefined ? [] : inFolder(folder, now)))
}

function inFolder(folder: string, now: number): Symptom[] {
  try {
    const files = readdirSync(folder).filter((file) => file.endsWith('.crt') && !file.startsWith('.'))
    if (files.length === 0)
      return [wrong(`${folder} holds no certificate.`, 'Put NAME.crt and NAME.key there.')]
    return files.map((file) => lookAt(join(folder, file), now))
  } catch {
    return [wrong(`${folder} cannot be listed.`, 'Name a folder that this user may list.')]
  }
}

function lookAt(file: string, now: number): Symptom {
  const renew = 'Renew it, and replace the files: docs/how-to/serve-https.md.'
  try {
    const [first = ''] = FIRST_CERTIFICATE.exec(readFileSync(file, 'utf8')) ?? []
    const { validToDate, validFromDate } = new X509Certificate(first)
    const until = `${file} is good until ${validToDate.toISOString()}`
    if (validFromDate.getTime() > now)
      return wrong(`${file} is not good before ${validFromDate.toISOString()}.`, renew)
    if (validToDate.getTime() <= now) return wrong(`${file} expired at ${validToDate.toISOString()}.`, renew)
    if (validToDate.getTime() - now < WARN_DAYS * DAY_MILLIS) return careful(`${until}.`, renew)
    return well(`${until}.`)
  } catch {
    return wrong(`${file} cannot be read as a certificate.`, renew)
  }
}
