import { isObject, readDemands, Unreadable } from './demand.ts'
import type { Dialect } from './dialect.ts'
import { type Inquiry, nested, type Thing } from './facts.ts'

const UNDECIDED = { effect: 'undecided', obligations: [], advice: [] } as const

/**
 * The data API of Open Policy Agent: `POST /v1/data/<path>` with an `input`. The rule there answers true or false, or an
 * object with `allow` and, where it likes, `obligations` and `advice`. Where no rule applies OPA answers without `result`.
 */
export const opa: Dialect = {
  mediaType: 'application/json',
  write({ subject, questions, context }: Inquiry) {
    const [question] = questions
    if (question === undefined) throw new RangeError('nothing is asked')
    const { action, resource } = question
    return {
      input: {
        subject: entity(subject),
        action: { name: action },
        resource: entity(resource),
        context: nested(context),
      },
    }
  },
  read({ result }) {
    if (result === undefined) return UNDECIDED
    if (typeof result === 'boolean') {
      return { effect: result ? 'permit' : 'deny', obligations: [], advice: [] }
    }
    if (!isObject(result)) throw new Unreadable('the result is neither a boolean nor an object')
    if (result.allow === undefined) return UNDECIDED
    if (typeof result.allow !== 'boolean') throw new Unreadable('allow is neither true nor false')
    return {
      effect: result.allow ? 'permit' : 'deny',
      obligations: readDemands(result.obligations, 'obligations'),
      advice: readDemands(result.advice, 'advice'),
    }
  },
}

function entity({ type, id, facts }: Thing) {
  return { type, id, properties: nested(facts) }
}
