import type { Clock } from '@portcullis/ports/clock/port'
import type { Keys, VerificationKey } from '@portcullis/ports/keys/port'

export interface AskedKeysOptions {
  /** Asks those who really know. */
  readonly ask: (jwksUri: string, kid: string) => Promise<VerificationKey | undefined>
  readonly clock: Clock
  /** A key that was heard of longer ago is asked for again, aside. */
  readonly freshMillis?: number
  /** A key that was heard of longer ago is not used until there is an answer. */
  readonly maxAgeMillis?: number
  readonly maxKeys?: number
}

interface Known {
  readonly key: VerificationKey
  heardAt: number
}

/**
 * Keys that another thread finds, remembered here: what is known is answered at once. That an issuer has no such
 * key is not remembered, so a new key is good at once. A key that its issuer has taken back is out of
 * use here at most `freshMillis` of traffic later than there. While the other thread has no answer what is known stays.
 */
export function openAskedKeys(options: AskedKeysOptions): Keys {
  const { ask, clock, freshMillis = 5_000, maxAgeMillis = 60_000, maxKeys = 10_000 } = options
  const known = new Map<string, Known>()
  const asking = new Map<string, Promise<VerificationKey | undefined>>()

  function find(
    jwksUri: string,
    kid: string,
  ): VerificationKey | undefined | Promise<VerificationKey | undefined> {
    const name = `${jwksUri} ${kid}`
    const found = known.get(name)
    if (found === undefined) return asked(name, jwksUri, kid)
    const age = clock.now() - found.heardAt
    if (age <= freshMillis) return found.key
    const answer = asked(name, jwksUri, kid)
    if (age > maxAgeMillis) return answer
    // Who asks aside need not hear of an outage: the key that is known is still the last good one.
    answer.catch(() => undefined)
    return found.key
  }

  /** One question for all who ask at the moment. */
  function asked(name: string, jwksUri: string, kid: string): Promise<VerificationKey | undefined> {
    const pending = asking.get(name)
    if (pending !== undefined) return pending
    const answer = ask(jwksUri, kid)
      .then((key) => remember(name, key))
      .finally(() => asking.delete(name))
    asking.set(name, answer)
    return answer
  }

  function remember(name: string, key: VerificationKey | undefined): VerificationKey | undefined {
    known.delete(name)
    if (key === undefined) return undefined
    const [oldest] = known.keys()
    if (known.size >= maxKeys && oldest !== undefined) known.delete(oldest)
    known.set(name, { key, heardAt: clock.now() })
    return key
  }

  return { find }
}
