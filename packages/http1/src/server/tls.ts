import { X509Certificate } from 'node:crypto'
import {
  createSecureContext,
  type TlsOptions as NodeTlsOptions,
  type SecureContext,
  type TLSSocket,
} from 'node:tls'
import type { TlsFacts } from '../message.ts'

export interface TlsCertificate {
  /** PEM, the certificate first and then what leads to its authority. */
  readonly certificate: string
  /** PEM. */
  readonly key: string
}

export interface ServerTls {
  /** The first answers to names that none of them has, and to clients that name none. */
  readonly certificates: readonly [TlsCertificate, ...TlsCertificate[]]
  /** TLSv1.2 when absent. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
  /** Whether clients are asked for a certificate: `required` refuses those without a verified one. */
  readonly clientCertificates?: 'requested' | 'required'
  /** PEM of the authorities that clients' certificates come from. Without them none is verified. */
  readonly clientAuthorities?: readonly string[]
  /**
   * PEM, one list each: what those authorities have revoked (RFC 5280 §5). With any, every authority of a chain needs one
   * that is not out of date.
   */
  readonly clientRevocations?: readonly string[]
  /** Groups for the key exchange, the preferred first, parted by colons; those of OpenSSL when absent. */
  readonly groups?: string
  /**
   * 48 random bytes, the same for all who share an address, so that a session begun with one goes on with another (RFC
   * 5077). Others whenever clients are judged otherwise: who resumes a session is not verified again.
   */
  readonly ticketKeys?: Uint8Array
}

/** The certificates of a listener by the names they are for (RFC 6066 §3, RFC 9525 §6.3). */
export class CertificateNames {
  readonly #exact = new Map<string, SecureContext>()
  /** `example.com` for `*.example.com`. */
  readonly #wildcard = new Map<string, SecureContext>()

  /** Throws when a certificate or key can't be read, or the two don't belong together. */
  constructor(tls: ServerTls) {
    for (const each of tls.certificates) {
      const context = createSecureContext(contextOptions(tls, each))
      for (const name of namesOf(each.certificate)) {
        const [names, key] = name.startsWith('*.') ? [this.#wildcard, name.slice(2)] : [this.#exact, name]
        if (!names.has(key)) names.set(key, context)
      }
    }
  }

  /** `undefined` when none is for that name: then the first certificate is shown. */
  find(serverName: string): SecureContext | undefined {
    const name = serverName.toLowerCase()
    return this.#exact.get(name) ?? this.#wildcard.get(name.slice(name.indexOf('.') + 1))
  }
}

/** What node wants to know of one certificate. */
export function contextOptions(tls: ServerTls, { certificate, key }: TlsCertificate): NodeTlsOptions {
  return {
    cert: certificate,
    key,
    minVersion: tls.minVersion ?? 'TLSv1.2',
    // An empty list of authorities trusts nobody; none at all would trust every public one.
    ca: [...(tls.clientAuthorities ?? [])],
    honorCipherOrder: true,
    // Those who share keys of tickets must also agree on this; node would take it from the command line.
    sessionIdContext: 'portcullis',
    ...(tls.clientRevocations !== undefined && { crl: [...tls.clientRevocations] }),
    ...(tls.groups !== undefined && { ecdhCurve: tls.groups }),
    ...(tls.ticketKeys !== undefined && { ticketKeys: Buffer.from(tls.ticketKeys) }),
  }
}

/** The DNS names of a certificate; those that node had to quote because of odd characters are nobody's names. */
export function namesOf(certificate: string): string[] {
  const names = new X509Certificate(certificate).subjectAltName ?? ''
  return names
    .split(', ')
    .filter((each) => each.startsWith('DNS:') && !each.includes('"'))
    .map((each) => each.slice('DNS:'.length).toLowerCase())
}

export function tlsFactsOf(socket: TLSSocket, asksForCertificates: boolean): TlsFacts {
  // Given only when the client named one.
  const { servername } = socket as { servername?: string | false }
  return {
    version: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().standardName,
    serverName: typeof servername === 'string' ? servername : undefined,
    clientCertificate: asksForCertificates ? clientCertificateOf(socket) : undefined,
  }
}

function clientCertificateOf(socket: TLSSocket): TlsFacts['clientCertificate'] {
  const certificate = socket.getPeerX509Certificate()
  return certificate && { der: certificate.raw, verified: socket.authorized }
}
