import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Policy } from '@portcullis/policy-kit/policy'
import { refuse, respond } from '@portcullis/policy-kit/verdict'
import { type RedirectConfig, redirectContract, redirectFaults } from './contract.ts'
import { fieldsOf } from './rules.ts'
import { compileTarget } from './target-template.ts'

/** Answers every call with the place where it belongs. */
export const redirect: Policy<RedirectConfig> = {
  contract: redirectContract,
  needs: [],
  bind(config) {
    const write = compileTarget(config.to)
    const fields = fieldsOf(config)
    return {
      onRequest(x) {
        const target = write(x)
        if (target === undefined) return refuse(redirectFaults['no-target']())
        return respond({ status: config.status, headers: HeaderList.of({ Location: target, ...fields }) })
      },
    }
  },
}
