import type { Exchange } from '@portcullis/policy-kit/exchange'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse, respond, type Verdict } from '@portcullis/policy-kit/verdict'
import { type CorsConfig, corsContract, corsFaults } from './contract.ts'
import { allowOrigin, answerPreflight, type CorsRules, compileRules, ruleFor } from './rules.ts'

const PREFLIGHT_VARIES = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers'

/** Answers preflights, and tells browsers on every reply whether the page may read it. */
export const cors: Policy<CorsConfig> = {
  contract: corsContract,
  needs: [],
  bind(config) {
    const rules = compileRules(config)
    return {
      onRequest: (x) => (x.preflight ? answer(rules, x) : proceed()),
      onReply(x, { headers }) {
        headers.append('Vary', x.preflight ? PREFLIGHT_VARIES : 'Origin')
        // The answer to a preflight is made above; refusals of it grant nothing.
        if (x.preflight) return
        // What the backend says is replaced: one place decides, or two would contradict each other.
        headers.removeIfSpelled(isAccessControl)
        const origin = x.request.headers.get('origin')
        const rule = ruleFor(rules, origin)
        if (origin === undefined || rule === undefined) return
        headers.append('Access-Control-Allow-Origin', allowOrigin(rule, origin))
        appendAll(headers, rule.replyFields)
      },
    }
  },
}

function answer(rules: CorsRules, x: Exchange): Verdict {
  // Where nothing is served and no methods are set, the question is about nothing: the router says so.
  const { headers } = x.request
  const rule = ruleFor(rules, headers.get('origin'))
  if (x.match === undefined && rule?.methods === undefined) return proceed()
  const result = answerPreflight(rules, {
    origin: headers.get('origin'),
    method: headers.get('access-control-request-method'),
    headers: headers.get('access-control-request-headers'),
    privateNetwork: headers.get('access-control-request-private-network') === 'true',
    contractMethods: x.match === undefined ? [] : [x.match.operation.method],
  })
  if ('refused' in result) return refuse(corsFaults[result.refused]())
  // 204 has no body and no Content-Length (RFC 9110 §8.6, §15.3.5).
  return respond({ status: 204, headers: new HeaderList([...result.allowed]) })
}

const PREFIX = 'access-control-'
const UPPER_A = 65
const LOWER_A = 97

/** Most names begin with another letter, and then nothing has to be written in lower case. */
function isAccessControl(name: string): boolean {
  const first = name.charCodeAt(0)
  if ((first !== UPPER_A && first !== LOWER_A) || name.length < PREFIX.length) return false
  return name.slice(0, PREFIX.length).toLowerCase() === PREFIX
}

function appendAll(headers: HeaderList, fields: readonly string[]): void {
  for (let i = 0; i < fields.length; i += 2) headers.append(fields[i] as string, fields[i + 1] as string)
}
