import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse } from '@portcullis/policy-kit/verdict'
import { type IpFilterConfig, ipFilterContract, ipFilterFaults } from './contract.ts'
import { compileRanges } from './range-table.ts'
import { admit } from './rules.ts'

/** Judges the caller's address before anything else is looked at. The record names the rule, never the address. */
export const ipFilter: Policy<IpFilterConfig> = {
  contract: ipFilterContract,
  needs: [],
  bind(config) {
    const allow = compileRanges(config.allow)
    const deny = compileRanges(config.deny)
    return {
      onRequest(x) {
        const admission = admit(x.request.remoteAddress, allow, deny)
        switch (admission.kind) {
          case 'admitted':
            return admission.rule === undefined ? proceed() : proceed({ list: 'allow', rule: admission.rule })
          case 'denied':
            return refuse(ipFilterFaults.denied(), { saw: { list: 'deny', rule: admission.rule } })
          case 'not-allowed':
            return refuse(ipFilterFaults['not-allowed'](), { saw: { list: 'allow', rule: 'none' } })
          case 'unreadable':
            return refuse(ipFilterFaults.unreadable())
        }
      },
    }
  },
}
