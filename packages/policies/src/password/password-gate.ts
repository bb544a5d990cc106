import { createHmac, randomBytes } from 'node:crypto'
import { Duration } from '@portcullis/kernel/duration'
import type { FaultKind } from '@portcullis/kernel/fault'
import type { RevocableToken } from '@portcullis/model/news/revocation'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import { proceed, type Refuse, refuse, type Saw, type Verdict } from '@portcullis/policy-kit/verdict'
import type { Counters } from '@portcullis/ports/counters/port'
import {
  type Identities,
  type Identity,
  type IdentitySource,
  identitiesFaults,
} from '@portcullis/ports/identities/port'
import type { Revocations } from '@portcullis/ports/revocations/port'
import { RecentMap } from '../memory/recent-map.ts'
import { basicChallenge } from '../scheme/basic.ts'
import type { PasswordConfig } from './config.ts'
import type { PasswordFacts } from './facts.ts'
import { openGuesses, RETRY_LATER } from './guesses.ts'
import { type NameAndPassword, readBasic } from './read-basic.ts'

/** How many answers are kept for one attachment; wrong ones can be made up without end. */
const MAX_GOOD = 5_000
const MAX_WRONG = 1_000

interface Kept {
  readonly verdict: Verdict
  readonly token: RevocableToken
  /** Milliseconds since the epoch. */
  readonly until: number
}

export interface PasswordGateOptions {
  readonly config: PasswordConfig
  readonly facts: PasswordFacts
  /** Who says whether name and password belong together, and as whom it names them. */
  readonly source: IdentitySource
  readonly issuer: string
  readonly faults: Readonly<Record<'bad-request' | 'wrong' | 'too-many', FaultKind>>
  readonly saw: Saw
}

export interface PasswordGatePorts {
  readonly identities: Identities
  readonly counters: Counters
  readonly revocations: Revocations
}

/**
 * Establishes the user from a name and a password by asking somebody who knows. A call without them goes on. What was
 * right is remembered for a while, unless the user's tokens have been revoked since: then it is asked anew.
 */
export function openPasswordGate(
  { config, facts, source, issuer, faults, saw }: PasswordGateOptions,
  { identities, counters, revocations }: PasswordGatePorts,
): (x: Exchange) => Verdict | Promise<Verdict> {
  const guesses = openGuesses(counters, {
    at: issuer,
    perMinute: config.attemptsPerMinute,
    tooMany: faults['too-many'],
  })
  const keepMillis = Duration.parse(config.keepFor).milliseconds
  const keepWrongMillis = Duration.parse(config.keepRefusalsFor).milliseconds
  const challenges = [basicChallenge(facts.audience)]
  // What is kept is of use to nobody: a hash under a key that dies with the process.
  const salt = randomBytes(32)
  const good = new RecentMap<Kept>(MAX_GOOD)
  const wrong = new RecentMap<number>(MAX_WRONG)
  const asking = new Map<string, Promise<Verdict>>()

  /** The name has no colon (RFC 7617 §2), so that no two pairs are the same text. */
  function keyOf({ name, password }: NameAndPassword): string {
    return createHmac('sha256', salt).update(`${name}:${password.reveal()}`).digest('base64')
  }

  function decide(x: Exchange, presented: NameAndPassword): Verdict | Promise<Verdict> {
    const key = keyOf(presented)
    const now = x.receivedAt
    const known = good.get(key)
    if (known !== undefined && now < known.until && !revocations.covers(known.token)) return known.verdict
    const wrongUntil = wrong.get(key)
    if (wrongUntil !== undefined && now < wrongUntil) return refuse(faults.wrong(), { challenges, saw })
    const before = asking.get(key)
    if (before !== undefined) return before
    const answer = ask(x, presented, key).finally(() => asking.delete(key))
    asking.set(key, answer)
    return answer
  }

  async function ask(x: Exchange, { name, password }: NameAndPassword, key: string): Promise<Verdict> {
    const { remoteAddress } = x.request
    await guesses.admit(remoteAddress, name)
    good.delete(key)
    const identity = await identities.verify(source, name, password, remoteAddress)
    // A user who is called like the app would be taken for the app itself.
    if (identity === undefined || identity.subject === config.app) {
      wrong.set(key, x.receivedAt + keepWrongMillis)
      await guesses.count(remoteAddress, name)
      return refuse(faults.wrong(), { challenges, saw })
    }
    guesses.welcome(remoteAddress, name)
    const kept = admitted(identity, x.receivedAt)
    good.set(key, kept)
    return kept.verdict
  }

  function admitted({ subject, roles, groups, attributes }: Identity, at: number): Kept {
    const token = { issuer, client: config.app, subject, issuedAt: at }
    const identity = {
      ...{ schemes: facts.schemes, issuer, client: config.app, subject, token },
      scopes: new Set<string>(),
      roles: new Set(roles),
      groups: new Set(groups),
      expiresAt: Number.POSITIVE_INFINITY,
      authentication: { at },
      claims: attributes,
    }
    const verdict = proceed(saw, { identity, removeHeaders: ['authorization'] })
    return { verdict, token, until: at + keepMillis }
  }

  /** What the caller did is an answer; that nobody can say is a failure of this step. */
  function reject(thrown: unknown): Refuse {
    if (faults['too-many'].is(thrown) || identitiesFaults['too-many'].is(thrown)) {
      return refuse(thrown, { headers: RETRY_LATER, saw })
    }
    if (faults['bad-request'].is(thrown)) return refuse(thrown, { challenges })
    if (identitiesFaults['second-factor'].is(thrown)) return refuse(thrown, { saw })
    throw thrown
  }

  return (x) => {
    try {
      const presented = readBasic(x.request.headers, (detail) => faults['bad-request']({ detail }))
      if (presented === undefined) return proceed()
      const verdict = decide(x, presented)
      return verdict instanceof Promise ? verdict.catch(reject) : verdict
    } catch (thrown) {
      return reject(thrown)
    }
  }
}
