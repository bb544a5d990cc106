import { hash } from 'node:crypto'
import { Duration } from '@portcullis/kernel/duration'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { Ports } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import {
  type AssertionDemands,
  type AssertionUse,
  assertionsFaults,
  type VerifiedAssertion,
} from '@portcullis/ports/assertions/port'
import type { Limit } from '@portcullis/ports/counters/port'
import { RecentMap } from '../memory/recent-map.ts'
import type { AssertionConfig } from './config.ts'

/** How many assertions are remembered for one attachment that may come again. */
const MAX_KEPT = 5_000

export interface AssertionReader {
  /** Whoever an assertion was verified to speak of a while ago, where it may come again and is still good. */
  known(xml: string, x: Exchange): Principal | undefined
  /**
   * Who calls, by an assertion.
   *
   * @throws assertions.refused; whatever the ports reject with
   */
  read(xml: string, x: Exchange): Promise<Principal>
}

/** For the schemes and the audience of an operation. */
export function openAssertionReader(
  config: AssertionConfig,
  { assertions, counters, vault }: Pick<Ports, 'assertions' | 'counters' | 'vault'>,
  facts: { readonly schemes: readonly string[]; readonly audience: string },
): AssertionReader {
  const { issuers, app, roles, claims, reuse } = config
  const skewMillis = Duration.parse(config.clockSkew).milliseconds
  const maxAgeMillis = Duration.parse(config.maxAge).milliseconds
  // As long as any is good: longer than that nobody needs to remember it.
  const once: Limit = { limit: 1, windowMillis: maxAgeMillis + 2 * skewMillis + 1_000, burst: 1 }
  const standing: Omit<AssertionDemands, 'now'> = {
    issuers,
    audiences: config.audiences ?? [facts.audience],
    recipients: config.recipients ?? [facts.audience],
    // No profile says what a call of an API is sent to; the audience is demanded whatever this says.
    recipientOptional: true,
    skewMillis,
    maxAgeMillis,
    decryptionKeys: config.decryptionKeys.map((name) => vault.secret(name)),
    mustBeEncrypted: config.encrypted,
    isFirstUse: reuse ? undefined : isFirstUse,
  }
  const kept = new RecentMap<Principal>(MAX_KEPT)

  async function isFirstUse({ issuer, id }: AssertionUse): Promise<boolean> {
    const key = `assertions|${hash('sha256', `${issuer}\n${id}`, 'base64url')}`
    return (await counters.take(key, once, 1)).taken
  }

  function principalOf(said: VerifiedAssertion): Principal {
    const values = (name: string): readonly string[] => said.attributes[name] ?? []
    const [subject, ...others] = config.subject === undefined ? [said.subject.value] : values(config.subject)
    // Somebody who is called like the app would be taken for the app itself.
    if (subject === undefined || subject === '' || others.length > 0 || subject === app)
      throw assertionsFaults.refused({ internal: 'it does not say who it is about' })
    const groups = config.groups === undefined ? [] : values(config.groups)
    const told = Object.entries(claims).flatMap(([claim, attribute]) => {
      const all = values(attribute)
      return all.length === 0 ? [] : [[claim, all.length === 1 ? all[0] : all] as const]
    })
    return {
      schemes: facts.schemes,
      issuer: said.issuer,
      client: app,
      subject,
      scopes: new Set(),
      roles: new Set(groups.flatMap((group) => (Object.hasOwn(roles, group) ? (roles[group] ?? []) : []))),
      groups: new Set(groups),
      expiresAt: said.expiresAt + skewMillis,
      ...(said.authentication !== undefined && {
        authentication: {
          at: said.authentication.at,
          ...(said.authentication.contextClass !== undefined && {
            context: said.authentication.contextClass,
          }),
        },
      }),
      claims: Object.fromEntries(told),
    }
  }

  return {
    known(xml, x) {
      const principal = reuse ? kept.get(keyOf(xml, x)) : undefined
      return principal !== undefined && x.receivedAt < principal.expiresAt ? principal : undefined
    },
    async read(xml, x) {
      const said = await assertions.verify(xml, { ...standing, now: x.receivedAt, holder: holderOf(x) })
      const principal = principalOf(said)
      if (reuse) kept.set(keyOf(xml, x), principal)
      return principal
    },
  }
}

/** Who holds the key is part of what was verified. */
function keyOf(xml: string, x: Exchange): string {
  return hash('sha256', `${Buffer.from(holderOf(x) ?? []).toString('base64')} ${xml}`, 'base64')
}

/** The handshake has proved that the caller holds its key (RFC 8446 §4.4.3), whoever issued it. */
function holderOf(x: Exchange): Uint8Array | undefined {
  return x.request.tls?.clientCertificate?.der
}
