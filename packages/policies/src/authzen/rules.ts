import { policySetsFor } from '../authorize/contract.ts'
import { compileSets, type Judgement, judge } from '../authorize/rules.ts'
import { askedRequest } from './asked-request.ts'
import type { AuthzenConfig, AuthzenFacts } from './contract.ts'
import type { Batch, Evaluation } from './question.ts'

/** AuthZEN 1.0 §5.5. */
export interface Answer {
  readonly decision: boolean
  readonly context?: Readonly<Record<string, unknown>>
}

type Site = Pick<AuthzenFacts, 'apis' | 'revision'>

/** Answers one question by the policy sets that hold for what it is about; where none does, nobody is permitted. */
export function evaluator(site: Site, { tellPolicies }: AuthzenConfig, nowMillis: number) {
  const { revision, apis } = site

  function decide(evaluation: Evaluation): Judgement | undefined {
    const { resource } = evaluation
    const api = resource.type === 'ApiVersion' ? apis.get(resource.id) : undefined
    // No API has this name: what holds for every API holds for what is none.
    const sets = policySetsFor(revision, api?.api ?? '')
    return sets && judge(compileSets(sets).isAuthorized(askedRequest(evaluation, site, nowMillis)))
  }

  return (evaluation: Evaluation): Answer => {
    const judgement = decide(evaluation)
    if (judgement === undefined) return { decision: false, context: { reason: 'no-policies' } }
    const { refusal, saw } = judgement
    const context = {
      ...(refusal !== undefined && { reason: refusal }),
      ...(tellPolicies && saw),
    }
    const answer = { decision: refusal === undefined }
    return Object.keys(context).length === 0 ? answer : { ...answer, context }
  }
}

/** §7.1.2.1: all of them, or up to the first that settles the matter. */
export function evaluateBatch(
  { items, semantic }: Batch,
  evaluate: (evaluation: Evaluation) => Answer,
): Answer[] {
  const answers: Answer[] = []
  for (const item of items) {
    const answer =
      'evaluation' in item
        ? evaluate(item.evaluation)
        : { decision: false, context: { error: { status: 400, message: item.problem } } }
    answers.push(answer)
    if (semantic === 'deny_on_first_deny' && !answer.decision) break
    if (semantic === 'permit_on_first_permit' && answer.decision) break
  }
  return answers
}
