import type { Secret } from '@portcullis/kernel/secret'
import { parseStrictObject } from '@portcullis/kernel/strict-json'
import { isRisk, type Risk, type RiskFacts, riskEngineFaults } from '@portcullis/ports/risk/port'
import type { Web } from '@portcullis/ports/web/port'

const MAX_ANSWER_BYTES = 4_096

export interface RiskEngine {
  readonly url: string
  /** Shown as a bearer token. */
  readonly token?: Secret | undefined
  readonly timeoutMillis: number
}

/**
 * Asks a risk engine: the facts are posted as a JSON object, `at` as a time of RFC 3339; the answer is 200 with
 * `{"risk": 0 to 100}`. What else the answer has is left unread; any other answer is none. Without an engine nobody can say.
 */
export function openHttpRisk(web: Web, engine: RiskEngine | undefined): Risk {
  return {
    async assess(facts) {
      if (engine === undefined)
        throw riskEngineFaults.unavailable({ internal: 'nobody is named who could be asked' })
      try {
        return await ask(web, engine, facts)
      } catch (cause) {
        if (riskEngineFaults.unavailable.is(cause)) throw cause
        throw riskEngineFaults.unavailable({ internal: `${engine.url} does not answer`, cause })
      }
    },
  }
}

async function ask(web: Web, { url, token, timeoutMillis }: RiskEngine, facts: RiskFacts): Promise<number> {
  const headers = ['Content-Type', 'application/json', 'Accept', 'application/json']
  if (token !== undefined) headers.push('Authorization', `Bearer ${token.reveal()}`)
  const body = JSON.stringify({ ...facts, at: new Date(facts.at).toISOString() })
  const answer = await web.ask({
    url,
    method: 'POST',
    headers,
    body,
    timeoutMillis,
    maxBytes: MAX_ANSWER_BYTES,
  })
  const risk = answer.status === 200 ? parseStrictObject(answer.body)?.risk : undefined
  if (isRisk(risk)) return risk
  throw riskEngineFaults.unavailable({
    internal: `${url} answered ${answer.status} and named no risk from 0 to 100`,
  })
}
