import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { AskedFrom } from '@portcullis/model/collection'
import type { Hurdle } from '@portcullis/oauth/token-rules/ruling'
import { type Client, errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider'
import als from 'oidc-provider/lib/helpers/als.js'
import { type About, type RulingParts, rulingOf } from '../token-rules/ask-rules.ts'
import { hurdleError } from '../token-rules/hurdle-error.ts'
import { type RecordParts, recordTokenRequest } from '../token-rules/record-token.ts'
import { tokenRequestOf } from '../token-rules/token-request.ts'

/** What an app would have got at the token endpoint, as it would have got it. */
export type TokenAnswer = Readonly<Record<string, unknown>>

/** Makes the answer of the token endpoint for an app that does not ask at this moment. */
export type AnswerOutside = (
  app: Client,
  from: AskedFrom,
  parameters: Readonly<Record<string, string>>,
  answer: (ctx: KoaContextWithOIDC) => Promise<void>,
) => Promise<TokenAnswer>

/** What rules have to say before a user lets an app have a token. */
export type HurdleOutside = (
  app: Client,
  from: AskedFrom,
  about: Omit<About, 'occasion'>,
) => Promise<Hurdle | undefined>

/**
 * oidc-provider makes tokens within a request. This is one that no connection brought: rules, records and log see it as they see
 * others, from where the app once asked. What would be a refusal is an answer here, too; only what may pass rejects.
 */
export function answeringOutside(provider: Provider, issuer: URL, parts: RecordParts): AnswerOutside {
  return async (app, from, parameters, answer) => {
    const ctx = contextOutside(provider, issuer, 'token', { app, from, parameters })
    await als.run(ctx, async () => {
      try {
        await answer(ctx)
        provider.emit('grant.success', ctx)
      } catch (thrown) {
        if (!(thrown instanceof errors.OIDCProviderError) || thrown.statusCode >= 500) throw thrown
        ctx.body = { error: thrown.error, error_description: thrown.error_description }
        provider.emit('grant.error', ctx, thrown)
      }
      await recordTokenRequest(ctx, parts)
    })
    return ctx.body as TokenAnswer
  }
}

/** The same for users who answer on a page of their own: what they can mend is asked of them there, and recorded. */
export function rulingOutside(provider: Provider, issuer: URL, parts: RulingParts): HurdleOutside {
  return async (app, from, about) => {
    const ctx = contextOutside(provider, issuer, 'account', { app, from, parameters: {} })
    const hurdle = (await rulingOf(ctx, parts, { ...about, occasion: 'authorization' }))?.hurdle
    if (hurdle === undefined || hurdle.kind === 'approval') return undefined
    hurdleError(
      tokenRequestOf(ctx, () => parts.clock.now()),
      hurdle,
    )
    ctx.status = 403
    await recordTokenRequest(ctx, parts)
    return hurdle
  }
}

interface Outside {
  readonly app: Client
  readonly from: AskedFrom
  readonly parameters: Readonly<Record<string, string>>
}

function contextOutside(
  provider: Provider,
  issuer: URL,
  route: string,
  { app, from, parameters }: Outside,
): KoaContextWithOIDC {
  const request = new IncomingMessage(new Socket())
  request.method = 'POST'
  request.url = `/${route}`
  request.headers = { host: issuer.host, ...(from.userAgent && { 'user-agent': from.userAgent }) }
  const ctx = provider.createContext(request, new ServerResponse(request)) as KoaContextWithOIDC
  ctx.request.ip = from.address
  ctx._matchedRouteName = route
  const oidc = new provider.OIDCContext(ctx)
  Object.assign(oidc, { params: parameters })
  Object.defineProperty(ctx, 'oidc', { value: oidc })
  oidc.entity('Client', app)
  return ctx
}
