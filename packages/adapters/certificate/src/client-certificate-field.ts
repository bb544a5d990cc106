import { X509Certificate } from 'node:crypto'

/** No certificate that anybody uses is larger; the field's value is a third longer. */
const MAX_CHARACTERS = 16_384

/**
 * The certificate in `Client-Cert` (RFC 9440 §2.2), DER: one byte sequence (RFC 9651 §3.3.5), base64 between colons, that
 * is a certificate. `undefined` for anything else, also for two fields: nobody could say which of them the proxy wrote.
 */
export function readClientCertificate(values: readonly string[]): Uint8Array | undefined {
  const [value] = values
  if (value === undefined || values.length > 1 || value.length > MAX_CHARACTERS) return undefined
  const text = value.trim()
  if (text.length < 3 || !text.startsWith(':') || !text.endsWith(':')) return undefined
  const base64 = text.slice(1, -1)
  const der = Buffer.from(base64, 'base64')
  // What node reads leniently must be written as it would write it, up to the padding that may be left out.
  if (der.toString('base64').replace(/=+$/, '') !== base64.replace(/=+$/, '')) return undefined
  try {
    return new X509Certificate(der).raw
  } catch {
    return undefined
  }
}
