import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { AskedFrom } from '@portcullis/model/collection'
import { type Client, errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider'
import als from 'oidc-provider/lib/helpers/als.js'
import { type RecordParts, recordTokenRequest } from '../token-rules/record-token.ts'

/** What an app would have got at the token endpoint, as it would have got it. */
export type TokenAnswer = Readonly<Record<string, unknown>>

/** Makes the answer of the token endpoint for an app that does not ask at this moment. */
export type AnswerOutside = (
  app: Client,
  from: AskedFrom,
  parameters: Readonly<Record<string, string>>,
  answer: (ctx: KoaContextWithOIDC) => Promise<void>,
) => Promise<TokenAnswer>

/**
 * oidc-provider makes tokens within a request. This is one that no connection brought: rules, records and log see it as they see
 * others, from where the app once asked. What would be a refusal is an answer here, too; only what may pass rejects.
 */
export function answeringOutside(provider: Provider, issuer: URL, parts: RecordParts): AnswerOutside {
  return async (app, from, parameters, answer) => {
    const request = new IncomingMessage(new Socket())
    request.method = 'POST'
    request.url = '/token'
    request.headers = { host: issuer.host, ...(from.userAgent && { 'user-agent': from.userAgent }) }
    const ctx = provider.createContext(request, new ServerResponse(request)) as KoaContextWithOIDC
    ctx.request.ip = from.address
    ctx._matchedRouteName = 'token'
    const oidc = new provider.OIDCContext(ctx)
    Object.assign(oidc, { params: parameters })
    Object.defineProperty(ctx, 'oidc', { value: oidc })
    oidc.entity('Client', app)
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
