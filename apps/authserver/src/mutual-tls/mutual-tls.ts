import { X509Certificate } from 'node:crypto'
import { Fault } from '@portcullis/kernel/fault'
import type { CertificateRule } from '@portcullis/policies/mtls/contract'
import { readDistinguishedName } from '@portcullis/policies/mtls/distinguished-name'
import { certificateJudge, checkTimes } from '@portcullis/policies/mtls/rules'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Configuration, KoaContextWithOIDC } from 'oidc-provider'
import { certificateOf } from './caller-certificate.ts'

/** How callers show certificates to this authorization server. */
export interface MutualTls {
  /** The listener that asks for certificates, where there is one: an origin. */
  readonly url?: URL
  /** Authorities (PEM) by which a certificate is judged that a proxy handed on; none of those is trusted without them. */
  readonly authorities?: string
}

type Feature = NonNullable<NonNullable<Configuration['features']>['mTLS']>

/** Names of a certificate by which an app is recognised, as oidc-provider asks for them (RFC 8705 §2.1.2). */
const RULES: Readonly<Record<string, Exclude<keyof CertificateRule, 'app'>>> = {
  tls_client_auth_subject_dn: 'subject',
  tls_client_auth_san_dns: 'dns',
  tls_client_auth_san_uri: 'uri',
  tls_client_auth_san_email: 'email',
}

/** Client authentication by certificate, and tokens that are bound to one (RFC 8705), at the places where oidc-provider asks. */
export function mutualTls({ authorities }: MutualTls, clock: Clock): Feature {
  return {
    enabled: true,
    certificateBoundAccessTokens: true,
    tlsClientAuth: true,
    selfSignedTlsClientAuth: true,
    getCertificate: presentedCertificate,
    // Everything of a certificate is judged at once, when the name is known for which it is to be.
    certificateAuthorized: (ctx) => certificateOf(ctx.req) !== undefined,
    certificateSubjectMatches: (ctx, property, expected) => {
      const certificate = certificateOf(ctx.req)
      const name = RULES[property]
      if (certificate === undefined || name === undefined) return false
      // To the judge a subject that can't be read would be no demand at all.
      if (name === 'subject' && readDistinguishedName(expected) === undefined) return false
      const { der, isHandedOn, isVerified } = certificate
      if (isHandedOn ? authorities === undefined : !isVerified) return false
      const judge = certificateJudge({
        apps: [{ app: ctx.oidc.client?.clientId ?? '', [name]: expected }],
        ...(isHandedOn && { authorities }),
        revocations: [],
        others: 'refuse',
      })
      const judgement = judge(der, isVerified)
      return judgement !== undefined && !('fault' in judgement) && isInTime(judgement, clock)
    },
  }
}

/** The certificate with which a request came, whatever is thought of it. */
export function presentedCertificate({ req }: KoaContextWithOIDC): X509Certificate | undefined {
  const certificate = certificateOf(req)
  return certificate === undefined ? undefined : new X509Certificate(certificate.der)
}

function isInTime(judgement: Parameters<typeof checkTimes>[0], clock: Clock): boolean {
  try {
    checkTimes(judgement, clock.now())
    return true
  } catch (thrown) {
    if (thrown instanceof Fault) return false
    throw thrown
  }
}
