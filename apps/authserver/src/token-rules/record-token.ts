import { dateText } from '@portcullis/kernel/date-text'
import { type Decision, NO_ENVIRONMENT, type Outcome } from '@portcullis/model/decision/decision'
import type { Clock } from '@portcullis/ports/clock/port'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { ReadDirectory } from '../read-directory.ts'
import type { DecisionRecorder } from './decision-recorder.ts'
import { begunRequest, type ErrorAnswer, type TokenRequest, tokenRequestOf } from './token-request.ts'

export interface RecordParts {
  readonly organization: string
  readonly clock: Clock
  readonly readDirectory: ReadDirectory
  readonly rules: { readonly recorder: DecisionRecorder }
}

/** The field in which gateways name a decision too. */
const DECISION_FIELD = 'Portcullis-Decision'

/**
 * Records what became of a token request, whichever grant it was, and names the record in the answer. Of requests at other endpoints
 * those are recorded at which rules had an objection: what passes there is recorded when the token is asked for.
 */
export async function recordTokenRequest(ctx: KoaContextWithOIDC, parts: RecordParts): Promise<void> {
  if (ctx._matchedRouteName !== 'token') {
    const request = begunRequest(ctx)
    if (request?.told === undefined) return
    ctx.set(DECISION_FIELD, request.decision)
    return parts.rules.recorder.record(await decisionOf(ctx, parts, request, request.told))
  }
  const request = tokenRequestOf(ctx, () => parts.clock.now())
  const answer = errorAnswer(ctx.body)
  ctx.set(DECISION_FIELD, request.decision)
  // Other errors are said as OAuth says them, and nothing besides.
  if (answer !== undefined && request.code !== undefined)
    ctx.body = { ...answer, ...request.more, decision: request.decision }
  parts.rules.recorder.record(await decisionOf(ctx, parts, request, answer))
}

function errorAnswer(body: unknown): ErrorAnswer | undefined {
  return typeof body === 'object' && body !== null && 'error' in body ? (body as ErrorAnswer) : undefined
}

function outcomeOf(status: number, { issued }: TokenRequest, answer: ErrorAnswer | undefined): Outcome {
  if (answer !== undefined) return status >= 500 ? 'failed' : 'refused'
  return issued === undefined ? 'answered' : 'allowed'
}

async function decisionOf(
  ctx: KoaContextWithOIDC,
  { organization, readDirectory }: RecordParts,
  request: TokenRequest,
  answer: ErrorAnswer | undefined,
): Promise<Decision> {
  const { decision, at, startedAt, asked, ruled, issued, approval, code } = request
  const audiences = asked === undefined ? undefined : (await readDirectory()).audiences
  const known = audiences?.get(asked?.audience ?? '')
  const [environment = NO_ENVIRONMENT, revision = 0] = known?.environments.entries().next().value ?? []
  const client = ctx.oidc?.client?.clientId
  return {
    id: decision,
    organization,
    environment,
    revision,
    at: dateText(at),
    method: ctx.method,
    ...(client !== undefined && { client }),
    ...(asked !== undefined && { subject: asked.subject }),
    outcome: outcomeOf(ctx.status, request, answer),
    status: ctx.status,
    ...(answer !== undefined && { code: code ?? `oauth.${String(answer.error)}` }),
    steps: [...(ruled?.steps ?? [])],
    token: {
      grant: String(ctx.oidc?.params?.grant_type ?? asked?.grant ?? '').slice(0, 256),
      ...(asked !== undefined && { audience: asked.audience, asked: [...asked.scopes] }),
      ...(issued !== undefined && { given: [...issued.scopes], seconds: issued.seconds }),
      ...(typeof answer?.error_description === 'string' && { why: answer.error_description.slice(0, 1000) }),
      ...(approval !== undefined && { approval }),
    },
    micros: Math.round((performance.now() - startedAt) * 1000),
  }
}
