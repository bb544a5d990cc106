import { hash } from 'node:crypto'
import { Duration } from '@portcullis/kernel/duration'
import type { Fault } from '@portcullis/kernel/fault'
import { normalizePath } from '@portcullis/model/route/normalize-path'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { Reply } from '@portcullis/policy-kit/message/reply'
import { Note } from '@portcullis/policy-kit/note'
import type { Ports } from '@portcullis/policy-kit/policy'
import type { Limit, Take } from '@portcullis/ports/counters/port'
import type { TokenIdentity } from '../token/identity.ts'
import type { PresentedToken } from '../token/presented.ts'
import type { BindingConfig } from './config.ts'
import { openNonces } from './dpop-nonce.ts'
import { checkProof, type GoodProof, normalUrl } from './dpop-proof.ts'
import { bindingFaults } from './fault.ts'

/** Nobody's clock is further ahead of ours. */
const SKEW_MILLIS = 10_000

/** Holds callers to the keys to which their tokens are bound. */
export interface Binding {
  /**
   * Ends well, at once or as a promise, when the caller is who may use the token.
   *
   * @throws a fault of `bindingFaults`; what the counters throw when they fail.
   */
  check(x: Exchange, presented: PresentedToken, identity: TokenIdentity): void | Promise<void>
  /** Tells the nonce to use from now on, where there is a new one. Absent where none is asked for. */
  readonly onReply?: (x: Exchange, reply: Reply) => void
}

export function openBinding(
  config: BindingConfig,
  { counters, vault }: Pick<Ports, 'counters' | 'vault'>,
  audience: string,
): Binding {
  const ageMillis = Duration.parse(config.proofAge).milliseconds
  const nonces =
    config.nonceSecret === undefined
      ? undefined
      : openNonces(vault.secret(config.nonceSecret), Duration.parse(config.nonceLifetime).milliseconds)
  const newNonce = new Note<string>()
  // A proof can be used once while it is good: longer than that nobody needs to remember it.
  const once: Limit = { limit: 1, windowMillis: ageMillis + SKEW_MILLIS + 1_000, burst: 1 }

  function checkDpop(x: Exchange, { token }: PresentedToken, thumbprint: string): void | Promise<void> {
    const proofs = x.request.headers.all('dpop')
    if (proofs.length !== 1) throw bindingFaults['no-proof']()
    const { receivedAt } = x
    const proof = checkProof(proofs[0] as string, {
      method: x.request.method,
      url: urlOf(x, audience),
      token,
      thumbprint,
      algorithms: config.proofAlgorithms,
      ageMillis,
      skewMillis: SKEW_MILLIS,
      nowMillis: receivedAt,
      ...(nonces && { isOurNonce: (nonce: string) => isOurs(x, nonce) }),
    })
    const take = counters.take(nameOf(thumbprint, proof), once, 1)
    return take instanceof Promise ? take.then(refuseReplay) : refuseReplay(take)
  }

  /** Whoever has none, or the last one, is told the one that counts now. */
  function isOurs(x: Exchange, nonce: string): boolean {
    if (nonces === undefined) return true
    const current = nonces.current(x.receivedAt)
    if (nonce !== current) newNonce.write(x, current)
    return nonces.isOurs(nonce, x.receivedAt)
  }

  return {
    check(x, presented, { confirmation }) {
      if (confirmation === undefined && !presented.dpop && config.require === 'none') return
      const { jkt, x5tS256 } = confirmation ?? {}
      if (!isEnough(config.require, jkt, x5tS256)) throw bindingFaults.required()
      if (x5tS256 !== undefined) checkCertificate(x, x5tS256)
      if (presented.dpop !== (jkt !== undefined)) {
        throw jkt === undefined ? bindingFaults['not-bound']() : bindingFaults['sent-as-bearer']()
      }
      if (jkt !== undefined) return checkDpop(x, presented, jkt)
    },
    ...(nonces && {
      onReply(x: Exchange, reply: Reply) {
        const nonce = newNonce.of(x)
        if (nonce !== undefined) reply.headers.set('DPoP-Nonce', nonce)
      },
    }),
  }
}

function isEnough(
  required: BindingConfig['require'],
  jkt: string | undefined,
  x5tS256: string | undefined,
): boolean {
  switch (required) {
    case 'none':
      return true
    case 'any':
      return jkt !== undefined || x5tS256 !== undefined
    case 'dpop':
      return jkt !== undefined
    case 'certificate':
      return x5tS256 !== undefined
  }
}

/** Who has the certificate has shown it with the handshake; who issued it does not matter (RFC 8705 §3, §6.2). */
function checkCertificate(x: Exchange, thumbprint: string): void {
  const certificate = x.request.tls?.clientCertificate
  if (certificate === undefined) throw bindingFaults['no-certificate']()
  if (hash('sha256', certificate.der, 'base64url') !== thumbprint) throw bindingFaults['other-certificate']()
}

/** The caller's address of this call: that of the API version, whatever stands before the gateway. */
function urlOf({ request, match }: Exchange, audience: string): string {
  const [path = ''] = request.target.split('?', 1)
  const below = normalizePath(path)?.slice(match?.api.basePath.length ?? 0)
  return (below === undefined ? undefined : normalUrl(audience + below)) ?? audience
}

/** Of bounded length, whatever the caller chose as `jti`. */
function nameOf(thumbprint: string, { jti }: GoodProof): string {
  return `dpop|${hash('sha256', `${thumbprint} ${jti}`, 'base64url')}`
}

function refuseReplay({ taken }: Take): void {
  if (!taken) throw bindingFaults.replayed()
}

type ChallengeError = 'invalid_token' | 'invalid_dpop_proof' | 'use_dpop_nonce'

const errors: ReadonlyMap<string, ChallengeError> = new Map([
  [bindingFaults['no-proof'].code, 'invalid_dpop_proof'],
  [bindingFaults['bad-proof'].code, 'invalid_dpop_proof'],
  [bindingFaults['other-key'].code, 'invalid_dpop_proof'],
  [bindingFaults.replayed.code, 'invalid_dpop_proof'],
  [bindingFaults['new-nonce'].code, 'use_dpop_nonce'],
])

/** What RFC 9449 §7.1 and RFC 6750 §3.1 call it. */
export function challengeErrorOf({ code }: Fault): ChallengeError {
  return errors.get(code) ?? 'invalid_token'
}
