import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import { readClientCertificate } from '@portcullis/certificate/client-certificate-field'

/** The certificate with which a caller came (RFC 8705 §2): whoever shows it holds its key. */
export interface CallerCertificate {
  readonly der: Uint8Array
  /** A proxy handed it on (RFC 9440): that it is the caller's is sure, who issued it is still to be looked at. */
  readonly isHandedOn: boolean
  /** The listener found that one of its authorities issued it, and has not revoked it. */
  readonly isVerified: boolean
}

const certificates = new WeakMap<IncomingMessage, CallerCertificate>()

/** Whose `Client-Cert` fields are believed, by the address of the connection. Nobody's when absent. */
export type BelievesCertificates = (address: string) => boolean

/**
 * Notes with which certificate a request came: that of its own connection, or else the one that a proxy which is believed
 * hands on. The field is taken away in any case, so that nothing behind ever reads what a caller made up.
 */
export function noteCertificate(request: IncomingMessage, believes: BelievesCertificates): void {
  const { socket } = request
  // Its fields one by one are made for all of the head.
  const isThere = request.headers['client-cert'] !== undefined
  const fields = (isThere && request.headersDistinct['client-cert']) || []
  if (isThere) delete request.headers['client-cert']
  const own = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
  if (own !== undefined) {
    const isVerified = (socket as TLSSocket).authorized
    certificates.set(request, { der: own.raw, isHandedOn: false, isVerified })
    return
  }
  if (fields.length === 0 || !believes(socket.remoteAddress ?? '')) return
  const der = readClientCertificate(fields)
  if (der !== undefined) certificates.set(request, { der, isHandedOn: true, isVerified: false })
}

export function certificateOf(request: IncomingMessage): CallerCertificate | undefined {
  return certificates.get(request)
}
