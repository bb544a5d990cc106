import { Fault } from '@portcullis/kernel/fault'
import type { ApiKey } from '@portcullis/model/credential/api-key'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { Policy } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import { proceed, type Refuse, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import { rememberWith } from '../memory/remember-with.ts'
import { type ApiKeyPlace, apiKeyChallenge } from '../scheme/api-key-place.ts'
import { type ApiKeyConfig, type ApiKeyFacts, apiKeyContract, apiKeyFaults } from './contract.ts'
import { keysAt, recognize } from './rules.ts'

const NO_SCOPES: ReadonlySet<string> = new Set()

/** Establishes the app from its key. A call without one goes on: whether that will do is for `scope` to say. */
export const apiKey: Policy<ApiKeyConfig, ApiKeyFacts, 'apiKeys'> = {
  contract: apiKeyContract,
  needs: ['apiKeys'],
  bind(_config, { apiKeys }, { facts }) {
    const { places, organization, issuer, audience } = facts
    const withheld = {
      removeHeaders: places
        .filter(isField)
        .map((each) => (each.in === 'header' ? each.name : 'authorization')),
      ...(!places.every(isField) && {
        removeQuery: places.filter((each) => !isField(each)).map(({ name }) => name),
      }),
    }
    // The same object for all calls with one key at the same places: other steps remember what follows from it.
    const verdicts = rememberWith<Map<string, Verdict>>()

    function read(x: Exchange): Verdict {
      let text: string | undefined
      const schemes: string[] = []
      for (const place of places) {
        const found = keysAt(x.request, place)
        if (found.length > 1 || (found.length === 1 && text !== undefined && found[0] !== text)) {
          throw apiKeyFaults['bad-request']()
        }
        if (found.length === 0) continue
        text = found[0]
        schemes.push(place.scheme)
      }
      if (text === undefined) return proceed()
      return identify(recognize(text, organization, apiKeys, x.receivedAt), schemes)
    }

    function identify(key: ApiKey, schemes: readonly string[]): Verdict {
      const of = schemes.join(' ')
      const known = verdicts.of(key)
      const before = known?.get(of)
      if (before !== undefined) return before
      const identity: Principal = {
        schemes,
        issuer,
        client: key.app,
        subject: key.app,
        scopes: NO_SCOPES,
        expiresAt: key.expiresAt ?? Number.POSITIVE_INFINITY,
        claims: { key: key.id },
      }
      const verdict = proceed({ key: key.id }, { identity, ...withheld })
      if (known === undefined) verdicts.keep(key, new Map([[of, verdict]]))
      else known.set(of, verdict)
      return verdict
    }

    function reject(fault: Fault): Refuse {
      return refuse(fault, {
        challenges: places.map((place) => apiKeyChallenge(place, audience, fault.title)),
      })
    }

    return {
      onRequest(x) {
        try {
          return read(x)
        } catch (thrown) {
          if (thrown instanceof Fault && thrown.code.startsWith(`${apiKeyContract.id}.`))
            return reject(thrown)
          throw thrown
        }
      },
    }
  },
}

function isField(place: ApiKeyPlace): boolean {
  return place.in !== 'query'
}
