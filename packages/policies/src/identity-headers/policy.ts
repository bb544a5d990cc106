import type { BackendCredential } from '@portcullis/policy-kit/backend-credential'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import { tellPresented } from '../backend-auth/presented.ts'
import { type IdentityHeadersConfig, identityHeadersContract, identityHeadersFaults } from './contract.ts'
import { encodeValue, finderOf, readName } from './rules.ts'

/** Tells the backend who calls in fields; what callers say under these names does not reach it. */
export const identityHeaders: Policy<IdentityHeadersConfig> = {
  contract: identityHeadersContract,
  needs: [],
  bind({ fields, maxCharacters }) {
    const written = Object.entries(fields).map(([name, source]) => ({ name, find: finderOf(source) }))
    const names = new Set(written.map(({ name }) => readName(name)))

    function credentialFor(x: Exchange, values: readonly string[]): BackendCredential {
      const { principal } = x
      return {
        ...(principal && {
          told: {
            method: identityHeadersContract.id,
            speaksOf: 'caller' as const,
            presented: tellPresented(principal),
          },
        }),
        write({ headers }) {
          headers.removeIf((name) => names.has(readName(name)))
          for (let i = 0; i < values.length; i += 2)
            headers.append(values[i] as string, values[i + 1] as string)
        },
      }
    }

    return {
      onRequest(x): Verdict {
        const values: string[] = []
        for (const { name, find } of written) {
          const value = encodeValue(find(x))
          if (value === undefined) continue
          if (value.length > maxCharacters) {
            return refuse(identityHeadersFaults['too-long'](), { saw: { field: name } })
          }
          values.push(name, value)
        }
        return proceed(undefined, { credential: credentialFor(x, values) })
      },
    }
  },
}
