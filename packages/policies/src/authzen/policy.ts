import { Fault } from '@portcullis/kernel/fault'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Reply } from '@portcullis/policy-kit/message/reply'
import type { Policy } from '@portcullis/policy-kit/policy'
import { refuse, respond } from '@portcullis/policy-kit/verdict'
import { type AuthzenConfig, type AuthzenFacts, authzenContract, type Endpoint } from './contract.ts'
import {
  readActionSearch,
  readBatch,
  readEvaluation,
  readResourceSearch,
  readSubjectSearch,
} from './question.ts'
import { type Answer, evaluateBatch, evaluator } from './rules.ts'
import { searchActions, searchResources, searchSubjects } from './search.ts'

type Evaluate = ReturnType<typeof evaluator>
type Answering = (body: Uint8Array | undefined, evaluate: Evaluate, facts: AuthzenFacts) => object

const answering: Readonly<Record<Endpoint, Answering>> = {
  '/access/v1/evaluation': (body, evaluate) => evaluate(readEvaluation(body)),
  '/access/v1/evaluations': (body, evaluate) => {
    const batch = readBatch(body)
    if (batch === undefined) return evaluate(readEvaluation(body))
    return { evaluations: evaluateBatch(batch, evaluate) }
  },
  '/access/v1/search/subject': (body, evaluate, facts) =>
    searchSubjects(readSubjectSearch(body), facts, (each) => evaluate(each).decision),
  '/access/v1/search/resource': (body, evaluate, facts) =>
    searchResources(readResourceSearch(body), facts, (each) => evaluate(each).decision),
  '/access/v1/search/action': (body, evaluate, facts) =>
    searchActions(readActionSearch(body), facts, (each) => evaluate(each).decision),
}

/** The gateway as a decision point. Who may ask is decided before, as for every operation. */
export const authzen: Policy<AuthzenConfig, AuthzenFacts> = {
  contract: authzenContract,
  needs: [],
  bind(config, _ports, { facts }) {
    const answer = answering[facts.endpoint]
    return {
      onRequest(x) {
        try {
          const told = answer(x.body, evaluator(facts, config, x.receivedAt), facts)
          return respond(replyWith(told, x.request.headers.get('x-request-id')), sawOf(told))
        } catch (thrown) {
          if (thrown instanceof Fault && thrown.status === 400) return refuse(thrown)
          throw thrown
        }
      },
    }
  },
}

/** §10.1.3: whoever gives a question an id finds it at the answer. */
function replyWith(told: object, requestId: string | undefined): Reply {
  const headers = HeaderList.of({ 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  if (requestId !== undefined) headers.append('X-Request-ID', requestId)
  return { status: 200, headers, body: new TextEncoder().encode(JSON.stringify(told)) }
}

function sawOf(told: object): { decision: boolean } | { answers: number } {
  if ('decision' in told) return { decision: (told as Answer).decision }
  const [list] = Object.values(told).filter(Array.isArray)
  return { answers: list?.length ?? 0 }
}
