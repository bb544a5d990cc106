import { X509Certificate } from 'node:crypto'
import type { Fault } from '@portcullis/kernel/fault'
import { type AlternativeNames, readAlternativeNames } from './alternative-names.ts'
import { type CertificateRule, type MtlsConfig, mtlsFaults } from './contract.ts'
import { readDistinguishedName } from './distinguished-name.ts'
import { normalSerial, type RevocationList, readRevocationList } from './revocation-list.ts'

/** What is said of a certificate, whatever the time: it can be remembered. */
export interface JudgedCertificate {
  readonly app: string
  readonly claims: Readonly<Record<string, unknown>>
  /** Milliseconds since the epoch, as all that follow. */
  readonly validFrom: number
  readonly validTo: number
  /** From then on nobody knows whether it was revoked. */
  readonly listedUntil: number
}

/** `fault` where it is no good at any time, `undefined` where it is of nobody and that is no matter. */
export type Judgement = JudgedCertificate | { readonly fault: () => Fault } | undefined

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2'
const ANY_USAGE = '2.5.29.37.0'

export type Judge = (der: Uint8Array, verified: boolean) => Judgement

/** @throws RangeError for a revocation list that none of the authorities signed. */
export function certificateJudge(config: MtlsConfig): Judge {
  const authorities = config.authorities === undefined ? undefined : readAuthorities(config.authorities)
  const lists = config.revocations.map(readRevocationList).map((list) => {
    const authority = authorities?.find((each) => list.isSignedBy(each))
    if (authority === undefined) throw new RangeError('none of the authorities signed this revocation list')
    return { list, authority }
  })
  const rules = config.apps.map(readyRule)

  return (der, verified) => {
    const certificate = read(der)
    if (certificate === undefined) return { fault: () => mtlsFaults.malformed() }
    const { x509, names } = certificate
    const usages = x509.keyUsage as string[] | undefined
    if (usages !== undefined && !usages.includes(CLIENT_AUTH) && !usages.includes(ANY_USAGE)) {
      return { fault: () => mtlsFaults['wrong-purpose']() }
    }
    const rule = rules.find((each) => each.fits(x509, names))
    // Whoever names one certificate trusts it, whoever issued it.
    const isPinned = rule?.pinned === true
    const chain = authorities === undefined ? undefined : chainOf(x509, authorities)
    const isTrusted = isPinned || (authorities === undefined ? verified : chain !== undefined)
    if (!isTrusted) return { fault: () => mtlsFaults.untrusted() }
    const own = lists.filter(({ authority }) => x509.checkIssued(authority)).map(({ list }) => list)
    if (own.some(({ serials }) => serials.has(normalSerial(x509.serialNumber)))) {
      return { fault: () => mtlsFaults.revoked() }
    }
    if (rule === undefined) {
      return config.others === 'ignore' ? undefined : { fault: () => mtlsFaults.unknown() }
    }
    return {
      app: rule.app,
      claims: claimsOf(x509, names),
      ...lifetimeOf([x509, ...(isPinned ? [] : (chain ?? []))]),
      listedUntil: listedUntil(own),
    }
  }
}

/** @throws mtls.expired, mtls.not-yet-valid, mtls.stale-list */
export function checkTimes({ validFrom, validTo, listedUntil }: JudgedCertificate, now: number): void {
  if (now > validTo) throw mtlsFaults.expired()
  if (now < validFrom) throw mtlsFaults['not-yet-valid']()
  if (now > listedUntil) throw mtlsFaults['stale-list']()
}

interface ReadCertificate {
  readonly x509: X509Certificate
  readonly names: AlternativeNames
}

function read(der: Uint8Array): ReadCertificate | undefined {
  try {
    const x509 = new X509Certificate(der)
    return { x509, names: readAlternativeNames(x509.subjectAltName) }
  } catch {
    return undefined
  }
}

/** @throws what node:crypto throws for what is no certificate. */
function readAuthorities(pem: string): X509Certificate[] {
  const end = '-----END CERTIFICATE-----'
  return pem
    .split(end)
    .slice(0, -1)
    .map((block) => new X509Certificate(block + end))
}

/** As many certificates as anybody puts between a root and a leaf. */
const MAX_CHAIN = 8

/**
 * The certificates above a leaf, up to one that issued itself or has nobody above it among these (RFC 5280 §6); each is an
 * authority and has signed the one before. `undefined` where nobody has signed the leaf.
 */
function chainOf(
  leaf: X509Certificate,
  authorities: readonly X509Certificate[],
): X509Certificate[] | undefined {
  const chain: X509Certificate[] = []
  for (let current = leaf; chain.length < MAX_CHAIN; ) {
    const issuer = authorities.find(
      (each) => each.ca && current.checkIssued(each) && current.verify(each.publicKey),
    )
    if (issuer === undefined) break
    chain.push(issuer)
    if (issuer.checkIssued(issuer)) break
    current = issuer
  }
  return chain.length === 0 ? undefined : chain
}

/** A chain is good while all of it is. */
function lifetimeOf(certificates: readonly X509Certificate[]): { validFrom: number; validTo: number } {
  return {
    validFrom: Math.max(...certificates.map((each) => Date.parse(each.validFrom))),
    validTo: Math.min(...certificates.map((each) => Date.parse(each.validTo))),
  }
}

function listedUntil(lists: readonly RevocationList[]): number {
  return Math.min(
    Number.POSITIVE_INFINITY,
    ...lists.map(({ nextUpdate }) => nextUpdate ?? Number.POSITIVE_INFINITY),
  )
}

interface ReadyRule {
  readonly app: string
  readonly pinned: true | undefined
  fits(x509: X509Certificate, names: AlternativeNames): boolean
}

function readyRule({ app, subject, issuer, dns, uri, email, fingerprint }: CertificateRule): ReadyRule {
  const subjectLines = subject && readDistinguishedName(subject)
  const issuerLines = issuer && readDistinguishedName(issuer)
  const digits = fingerprint?.replaceAll(':', '').toUpperCase()
  const domain = dns?.toLowerCase().split('.')
  const segments = uri?.split('/')
  const address = email?.split('@')
  return {
    app,
    pinned: fingerprint === undefined ? undefined : true,
    fits: (x509, names) =>
      (subjectLines === undefined || x509.subject === subjectLines) &&
      (issuerLines === undefined || x509.issuer === issuerLines) &&
      (digits === undefined || x509.fingerprint256.replaceAll(':', '') === digits) &&
      (domain === undefined || names.dns.some((each) => isLike(domain, each.toLowerCase().split('.')))) &&
      (segments === undefined || names.uri.some((each) => isLike(segments, each.split('/')))) &&
      (address === undefined || names.email.some((each) => isLikeAddress(address, each.split('@')))),
  }
}

/** `*` stands for one part, and for no part that is itself a pattern. */
function isLike(pattern: readonly string[], parts: readonly string[]): boolean {
  return (
    pattern.length === parts.length &&
    pattern.every(
      (each, i) => each === parts[i] || (each === '*' && parts[i] !== '' && !parts[i]?.includes('*')),
    )
  )
}

/** Domains know no case; what stands before them may (RFC 5321 §2.4). */
function isLikeAddress([user = '', domain = '']: readonly string[], parts: readonly string[]): boolean {
  return (
    isLike([user, domain.toLowerCase()], [parts[0] ?? '', (parts[1] ?? '').toLowerCase()]) &&
    parts.length === 2
  )
}

function claimsOf(x509: X509Certificate, names: AlternativeNames): Record<string, unknown> {
  return {
    subject: writtenName(x509.subject),
    issuer: writtenName(x509.issuer),
    serial: normalSerial(x509.serialNumber),
    notAfter: Math.floor(Date.parse(x509.validTo) / 1000),
    fingerprint: x509.fingerprint256.replaceAll(':', '').toLowerCase(),
    dns: names.dns,
    uri: names.uri,
    email: names.email,
  }
}

/** As RFC 4514 writes it. */
function writtenName(lines: string | undefined): string {
  return (lines ?? '').split('\n').toReversed().join(',')
}
