import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse } from '@portcullis/policy-kit/verdict'
import { type HeadersConfig, headersContract, headersFaults } from './contract.ts'
import { replyRules, requestRules } from './rules.ts'

/** Changes fields on the way to the backend and on the way back. */
export const headers: Policy<HeadersConfig> = {
  contract: headersContract,
  needs: [],
  bind(config) {
    const request = requestRules(config)
    const reply = replyRules(config)
    const changesRequest = request.set.length > 0 || request.remove.length > 0

    return {
      onRequest(x) {
        if (!changesRequest) return proceed()
        const setHeaders: string[] = []
        const removeHeaders = [...request.remove]
        for (const rule of request.set) {
          const field = rule.write(x)
          if (field.kind === 'unfit') {
            const internal = `the value of ${rule.name} has characters that no field may carry`
            return refuse(headersFaults['unfit-value']({ internal }), { saw: { field: rule.name } })
          }
          if (field.kind === 'value') setHeaders.push(rule.name, field.value)
          else removeHeaders.push(rule.lowerName)
        }
        return proceed(undefined, { setHeaders, removeHeaders })
      },
      onReply(x, { headers: fields }) {
        for (const name of reply.remove) fields.remove(name)
        for (const rule of reply.set) {
          const field = rule.write(x)
          if (field.kind === 'value') fields.set(rule.name, field.value)
          else fields.remove(rule.name)
        }
      },
    }
  },
}
