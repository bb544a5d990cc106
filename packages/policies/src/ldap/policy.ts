import { createHmac, randomBytes } from 'node:crypto'
import { Duration } from '@portcullis/kernel/duration'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { Policy } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import { proceed, type Refuse, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import type { Identity } from '@portcullis/ports/identities/port'
import { RecentMap } from '../memory/recent-map.ts'
import { quoted } from '../token/bearer-challenge.ts'
import { type LdapConfig, type LdapFacts, ldapContract, ldapFaults } from './contract.ts'
import { openGuesses, RETRY_LATER } from './guesses.ts'
import { directoryOf, type NameAndPassword, readBasic } from './rules.ts'

/** How many answers are kept for one attachment; wrong ones can be made up without end. */
const MAX_GOOD = 5_000
const MAX_WRONG = 1_000

interface Kept<T> {
  readonly value: T
  /** Milliseconds since the epoch. */
  readonly until: number
}

/** Establishes the user from a name and a password by asking a directory. A call without them goes on. */
export const ldap: Policy<LdapConfig, LdapFacts, 'identities' | 'counters' | 'vault'> = {
  contract: ldapContract,
  needs: ['identities', 'counters', 'vault'],
  bind(config, { identities, counters, vault }, { facts }) {
    const directory = directoryOf(config, vault)
    const guesses = openGuesses(counters, config.attemptsPerMinute)
    const keepMillis = Duration.parse(config.keepFor).milliseconds
    const keepWrongMillis = Duration.parse(config.keepRefusalsFor).milliseconds
    const challenges = [`Basic realm=${quoted(facts.audience)}, charset="UTF-8"`]
    const saw = { directory: config.urls[0] as string }
    // What is kept is of use to nobody: a hash under a key that dies with the process.
    const salt = randomBytes(32)
    const good = new RecentMap<Kept<Verdict>>(MAX_GOOD)
    const wrong = new RecentMap<Kept<true>>(MAX_WRONG)
    const asking = new Map<string, Promise<Verdict>>()

    /** The name has no colon (RFC 7617 §2), so that no two pairs are the same text. */
    function keyOf({ name, password }: NameAndPassword): string {
      return createHmac('sha256', salt).update(`${name}:${password.reveal()}`).digest('base64')
    }

    function decide(x: Exchange, presented: NameAndPassword): Verdict | Promise<Verdict> {
      const key = keyOf(presented)
      const now = x.receivedAt
      const known = good.get(key)
      if (known !== undefined && now < known.until) return known.value
      const refused = wrong.get(key)
      if (refused !== undefined && now < refused.until) return refuse(ldapFaults.wrong(), { challenges, saw })
      const before = asking.get(key)
      if (before !== undefined) return before
      const answer = ask(x, presented, key).finally(() => asking.delete(key))
      asking.set(key, answer)
      return answer
    }

    async function ask(x: Exchange, { name, password }: NameAndPassword, key: string): Promise<Verdict> {
      const { remoteAddress } = x.request
      await guesses.admit(remoteAddress, name)
      const identity = await identities.verify(directory, name, password)
      // A user who is called like the app would be taken for the app itself.
      if (identity === undefined || identity.subject === config.app) {
        good.delete(key)
        wrong.set(key, { value: true, until: x.receivedAt + keepWrongMillis })
        await guesses.count(remoteAddress, name)
        return refuse(ldapFaults.wrong(), { challenges, saw })
      }
      guesses.welcome(remoteAddress, name)
      const verdict = proceed(saw, {
        identity: principalOf(identity, x.receivedAt),
        removeHeaders: ['authorization'],
      })
      good.set(key, { value: verdict, until: x.receivedAt + keepMillis })
      return verdict
    }

    function principalOf({ subject, roles, groups, attributes }: Identity, at: number): Principal {
      return {
        schemes: facts.schemes,
        issuer: config.urls[0] as string,
        client: config.app,
        subject,
        scopes: new Set(),
        roles: new Set(roles),
        groups: new Set(groups),
        expiresAt: Number.POSITIVE_INFINITY,
        authentication: { at },
        claims: attributes,
      }
    }

    /** What the caller did is an answer; that nobody can say is a failure of this step. */
    function reject(thrown: unknown): Refuse {
      if (ldapFaults['too-many'].is(thrown)) return refuse(thrown, { headers: RETRY_LATER, saw })
      if (ldapFaults['bad-request'].is(thrown)) return refuse(thrown, { challenges })
      throw thrown
    }

    return {
      onRequest(x) {
        try {
          const presented = readBasic(x.request.headers)
          if (presented === undefined) return proceed()
          const verdict = decide(x, presented)
          return verdict instanceof Promise ? verdict.catch(reject) : verdict
        } catch (thrown) {
          return reject(thrown)
        }
      },
    }
  },
}
