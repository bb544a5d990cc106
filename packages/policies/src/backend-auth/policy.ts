import { Fault } from '@portcullis/kernel/fault'
import type { BackendCredential } from '@portcullis/policy-kit/backend-credential'
import type { BoundPolicy, Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import { type BackendAuthConfig, type BackendAuthFacts, backendAuthContract } from './contract.ts'
import type { MethodNeeds } from './credential-source.ts'
import { openSource } from './open-source.ts'
import { keyStripper, strippedFields } from './rules.ts'

/** Tells the backend who calls, by one method, and keeps the caller's own credentials from it. */
export const backendAuth: Policy<BackendAuthConfig, BackendAuthFacts, MethodNeeds> = {
  contract: backendAuthContract,
  needs: ['tokens', 'web', 'vault', 'clock'],
  bind(config, ports, { facts }): BoundPolicy {
    const source = openSource(config, ports, facts)
    const removeHeaders = config.strip ? strippedFields(facts) : []
    const stripKeys = config.strip ? keyStripper(facts) : undefined

    function pass(credential: BackendCredential | undefined): Verdict {
      if (credential === undefined && stripKeys === undefined) return proceed(undefined, { removeHeaders })
      const whole = stripKeys === undefined ? credential : stripping(stripKeys, credential)
      const saw = credential?.told && { method: credential.told.method }
      return proceed(saw, { removeHeaders, ...(whole && { credential: whole }) })
    }

    // Of a credential that is the same for all calls so is the verdict.
    let last: { readonly credential: BackendCredential | undefined; readonly verdict: Verdict } | undefined
    function verdictOf(credential: BackendCredential | undefined): Verdict {
      if (last?.credential === credential && last !== undefined) return last.verdict
      last = { credential, verdict: pass(credential) }
      return last.verdict
    }

    return {
      body: source?.body ?? { need: 'none' },
      onRequest(x) {
        try {
          const credential = source?.credentialFor(x)
          if (!(credential instanceof Promise)) return verdictOf(credential)
          return credential.then(verdictOf).catch(reject)
        } catch (thrown) {
          return reject(thrown)
        }
      },
    }
  },
}

function reject(thrown: unknown): Verdict {
  if (thrown instanceof Fault && thrown.code.startsWith('backend-auth.')) return refuse(thrown)
  throw thrown
}

/** Keys in query and cookies go before our own come. */
function stripping(
  strip: (draft: Parameters<BackendCredential['write']>[0]) => void,
  credential: BackendCredential | undefined,
): BackendCredential {
  const renew = credential?.renew
  return {
    ...(credential?.told && { told: credential.told }),
    write(draft) {
      strip(draft)
      credential?.write(draft)
    },
    ...(renew && {
      async renew() {
        const another = await renew()
        return another && stripping(strip, another)
      },
    }),
  }
}
