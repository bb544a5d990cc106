import { createHash } from 'node:crypto'
import { checkUpstreamTls, type UpstreamTls } from '@portcullis/http1/client/upstream-tls'
import { canonicalJson } from '@portcullis/kernel/json'
import type { Upstream } from '@portcullis/model/resource/upstream'
import type { Vault } from '@portcullis/ports/vault/port'

/** By what they say. Connections belong to the object: the same words must be the same object, revision after revision. */
const known = new Map<string, WeakRef<UpstreamTls>>()

/**
 * How the targets of an upstream are recognised; `undefined` for by the public authorities. Throws when its secret is not
 * there, and when certificates and key can't be used.
 */
export function upstreamTlsOf({ tls }: Upstream, vault: Vault): UpstreamTls | undefined {
  if (tls === undefined) return undefined
  const { authorities, clientCertificate, serverName, pins, minVersion } = tls
  const key = clientCertificate && vault.secret(clientCertificate.key).reveal()
  const words = createHash('sha256')
    .update(`${canonicalJson(tls)} ${key}`)
    .digest('base64')
  const present = known.get(words)?.deref()
  if (present !== undefined) return present
  const made: UpstreamTls = {
    minVersion: `TLSv${minVersion}`,
    ...(authorities !== undefined && { authorities }),
    ...(clientCertificate !== undefined && { certificate: clientCertificate.certificate }),
    ...(key !== undefined && { key }),
    ...(serverName !== undefined && { serverName }),
    ...(pins !== undefined && { pins }),
  }
  checkUpstreamTls(made)
  for (const [each, reference] of known) if (reference.deref() === undefined) known.delete(each)
  known.set(words, new WeakRef(made))
  return made
}
