import { X509Certificate } from 'node:crypto'
import type { Finding } from '@portcullis/model/finding/finding'
import type { ResourceOf } from '@portcullis/model/resource/resource'
import type { UpstreamTlsDeclaration } from '@portcullis/model/resource/upstream-tls'
import type { Landscape } from '../state/landscape.ts'
import { type Check, found, warning } from './check.ts'
import { modelFaults, warnings } from './fault.ts'

/** Certificates that backends are recognised by, and that are shown to them. */
export const checkCertificates: Check = (landscape, _, now) =>
  landscape.of('Api').flatMap((api) =>
    Object.entries(api.spec.versions).flatMap(([version, { deployments }]) =>
      Object.entries(deployments).flatMap(([environment, { upstream }]) => {
        if (typeof upstream === 'string' || upstream.tls === undefined) return []
        const at = ['spec', 'versions', version, 'deployments', environment, 'upstream', 'tls']
        return certificatesOf(upstream.tls).flatMap(({ pem, keys }) =>
          findingsOf(landscape, api, [...at, ...keys], pem, now),
        )
      }),
    ),
  )

function certificatesOf({ authorities, clientCertificate }: UpstreamTlsDeclaration) {
  return [
    ...(authorities === undefined ? [] : [{ pem: authorities, keys: ['authorities'] }]),
    ...(clientCertificate === undefined
      ? []
      : [{ pem: clientCertificate.certificate, keys: ['clientCertificate', 'certificate'] }]),
  ]
}

function findingsOf(
  landscape: Landscape,
  api: ResourceOf<'Api'>,
  at: readonly PropertyKey[],
  pem: string,
  now: number,
): Finding[] {
  let read: X509Certificate[]
  try {
    // One by one: TLS passes over authorities that it can't read.
    read = pem
      .split(/(?<=-----END CERTIFICATE-----)/)
      .filter((part) => part.trim() !== '')
      .map((part) => new X509Certificate(part))
  } catch {
    // What OpenSSL has to say of it helps nobody.
    const detail = 'It is no list of certificates in PEM.'
    return [found(landscape, api, at, modelFaults['bad-certificate'], detail)]
  }
  return read.flatMap(({ subject, validFromDate, validToDate }, i) => {
    const name = subject?.replaceAll('\n', ', ') ?? 'no name'
    const place = `Certificate ${i + 1} (${name})`
    if (now > validToDate.getTime()) {
      const detail = `${place} was valid until ${validToDate.toISOString()}.`
      return [warning(landscape, api, at, warnings['certificate-not-valid'], detail)]
    }
    if (now < validFromDate.getTime()) {
      const detail = `${place} is not valid before ${validFromDate.toISOString()}.`
      return [warning(landscape, api, at, warnings['certificate-not-valid'], detail)]
    }
    return []
  })
}
