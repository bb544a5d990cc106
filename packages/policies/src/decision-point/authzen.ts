import { isObject, readDemands, Unreadable } from './demand.ts'
import type { Decision, Dialect } from './dialect.ts'
import { type Inquiry, nested, type Thing } from './facts.ts'

/**
 * AuthZEN Authorization API 1.0: §6 for one question, §7 for several, which are asked until one is denied. A decision's
 * context is free (§5.5.1); there we understand `obligations` and `advice`.
 */
export const authzen: Dialect = {
  mediaType: 'application/json',
  write({ subject, questions, context }: Inquiry) {
    const about = { subject: entity(subject), context: nested(context) }
    const asked = questions.map(({ action, resource }) => ({
      action: { name: action },
      resource: entity(resource),
    }))
    if (asked.length === 1) return { ...about, ...asked[0] }
    return { ...about, evaluations: asked, options: { evaluations_semantic: 'deny_on_first_deny' } }
  },
  read(answer, questions) {
    if (questions === 1) return readOne(answer)
    const { evaluations } = answer
    if (!Array.isArray(evaluations)) throw new Unreadable('there are no evaluations')
    const decisions = evaluations.map(readOne)
    const denied = decisions.find(({ effect }) => effect !== 'permit')
    if (denied !== undefined) return denied
    if (decisions.length !== questions) {
      throw new Unreadable(`${questions} questions have ${decisions.length} answers`)
    }
    return {
      effect: 'permit',
      obligations: decisions.flatMap((each) => each.obligations),
      advice: decisions.flatMap((each) => each.advice),
    }
  },
}

function entity({ type, id, facts }: Thing) {
  return facts.length === 0 ? { type, id } : { type, id, properties: nested(facts) }
}

function readOne(answer: unknown): Decision {
  if (!isObject(answer) || typeof answer.decision !== 'boolean') {
    throw new Unreadable('the decision is neither true nor false')
  }
  const context = answer.context ?? {}
  if (!isObject(context)) throw new Unreadable('the context is no object')
  return {
    effect: answer.decision ? 'permit' : 'deny',
    obligations: readDemands(context.obligations, 'obligations'),
    advice: readDemands(context.advice, 'advice'),
  }
}
