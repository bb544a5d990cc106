import { createHash, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import {
  type ConnectionOptions,
  checkServerIdentity,
  createSecureContext,
  type PeerCertificate,
  type SecureContext,
} from 'node:tls'
import type { Origin } from './origin.ts'

/** How to recognise a server, and how it recognises us. Certificates are always verified. */
export interface UpstreamTls {
  /** PEM of the authorities that are trusted, in place of the public ones. */
  readonly authorities?: string | readonly string[]
  /** PEM of our own certificate and its chain, for servers that ask for one. */
  readonly certificate?: string
  /** PEM of its private key. */
  readonly key?: string
  /** The name that is asked for (RFC 6066 §3) and that the certificate must bear; the origin's host when absent. */
  readonly serverName?: string
  /** SHA-256 of public keys (SubjectPublicKeyInfo) in base64: beyond being trusted, the server must have one of them. */
  readonly pins?: readonly string[]
  /** TLSv1.2 when absent. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3'
}

/** Throws when certificate, key or authorities can't be read, or the first two don't belong together. */
export function checkUpstreamTls(tls: UpstreamTls): void {
  contextOf(tls)
}

function contextOf(tls: UpstreamTls): SecureContext {
  return createSecureContext({
    minVersion: tls.minVersion ?? 'TLSv1.2',
    ...(tls.authorities !== undefined && { ca: [tls.authorities].flat() as string[] }),
    ...(tls.certificate !== undefined && { cert: tls.certificate }),
    ...(tls.key !== undefined && { key: tls.key }),
  })
}

/** All that is needed to connect, computed once; throws when certificate or key cannot be read. */
export class TlsConnector {
  readonly #options: ConnectionOptions
  readonly #context: SecureContext
  /** The latest session the server gave, with which the next handshake is short. */
  session: Buffer | undefined

  /** Asks for that protocol (RFC 7301), and no other. */
  constructor(origin: Origin, tls: UpstreamTls, protocol = 'http/1.1') {
    const name = tls.serverName ?? origin.host
    this.#context = contextOf(tls)
    this.#options = {
      host: origin.host,
      port: origin.port,
      // Stated, so that no variable of the process environment can turn verification off.
      rejectUnauthorized: true,
      ALPNProtocols: [protocol],
      // An address is no server name (RFC 6066 §3).
      ...(isIP(name) === 0 && { servername: name }),
      checkServerIdentity: (_, certificate) => identityError(name, certificate, tls.pins),
    }
  }

  options(): ConnectionOptions {
    const { session } = this
    return { ...this.#options, secureContext: this.#context, ...(session !== undefined && { session }) }
  }
}

/** Called for certificates that an authority vouches for, and not when a session is resumed: that was checked before. */
function identityError(name: string, certificate: PeerCertificate, pins: readonly string[] | undefined) {
  const wrong = checkServerIdentity(name, certificate)
  if (wrong !== undefined || pins === undefined) return wrong
  return pins.includes(pinOf(certificate.raw)) ? undefined : new Error('the public key is not a pinned one')
}

/** The pin of a certificate, given as DER or PEM. */
export function pinOf(certificate: string | Uint8Array): string {
  const { publicKey } = new X509Certificate(certificate)
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64')
}
