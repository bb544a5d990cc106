import type { BackendCredential } from '@portcullis/policy-kit/backend-credential'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import { readName } from '@portcullis/policy-kit/message/read-name'
import type { Policy } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import { proceed, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import { tellPresented } from '../backend-auth/presented.ts'
import { rememberWith } from '../memory/remember-with.ts'
import { type IdentityHeadersConfig, identityHeadersContract, identityHeadersFaults } from './contract.ts'
import { encodeValue, finderOf } from './rules.ts'

interface Kept {
  readonly plan: string | undefined
  readonly verdict: Verdict
}

/** The same few spellings come with every call. Whatever else somebody makes up, no more than this are remembered. */
const MAX_SPELLINGS = 1_000

/** Tells the backend who calls in fields; what callers say under these names does not reach it. */
export const identityHeaders: Policy<IdentityHeadersConfig> = {
  contract: identityHeadersContract,
  needs: [],
  bind({ fields, maxCharacters }) {
    const written = Object.entries(fields).map(([name, source]) => ({ name, find: finderOf(source) }))
    const names = new Set(written.map(({ name }) => readName(name)))
    const judged = new Map<string, boolean>()
    const nobody = proceed(undefined, { credential: credentialOf(undefined, []) })
    // What is told follows from the principal and the plan alone.
    const kept = rememberWith<Kept>()

    function isOurs(name: string): boolean {
      const known = judged.get(name)
      if (known !== undefined) return known
      if (judged.size >= MAX_SPELLINGS) judged.clear()
      const ours = names.has(readName(name))
      judged.set(name, ours)
      return ours
    }

    function credentialOf(principal: Principal | undefined, values: readonly string[]): BackendCredential {
      const method = identityHeadersContract.id
      return {
        ...(principal && { told: { method, speaksOf: 'caller', presented: tellPresented(principal) } }),
        write({ headers }) {
          headers.removeIfSpelled(isOurs)
          for (let i = 0; i < values.length; i += 2)
            headers.append(values[i] as string, values[i + 1] as string)
        },
      }
    }

    function tell(x: Exchange, principal: Principal): Verdict {
      const values: string[] = []
      for (const { name, find } of written) {
        const value = encodeValue(find(x))
        if (value === undefined) continue
        if (value.length > maxCharacters) {
          return refuse(identityHeadersFaults['too-long'](), { saw: { field: name } })
        }
        values.push(name, value)
      }
      const verdict = proceed(undefined, { credential: credentialOf(principal, values) })
      kept.keep(principal, { plan: x.subscriber?.plan, verdict })
      return verdict
    }

    return {
      onRequest(x) {
        if (x.principal === undefined) return nobody
        const known = kept.of(x.principal)
        return known !== undefined && known.plan === x.subscriber?.plan ? known.verdict : tell(x, x.principal)
      },
    }
  },
}
