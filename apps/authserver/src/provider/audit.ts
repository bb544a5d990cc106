import type { EventEmitter } from 'node:events'
import type { Log } from '@portcullis/ports/log/port'
import type { errors, KoaContextWithOIDC, Provider } from 'oidc-provider'

/** Writes to the log what was issued, refused and revoked: who, for what, never the token itself. */
export function auditProvider(provider: Provider, organization: string, log: Log): void {
  provider.on('grant.success', (ctx) =>
    log.info('token issued', { organization, ...requestOf(ctx), ...tokenOf(ctx) }),
  )
  provider.on('grant.error', (ctx, error) => {
    log.warn('token refused', { organization, ...requestOf(ctx), ...reasonOf(error) })
  })
  provider.on('grant.revoked', (ctx) => log.info('grant revoked', { organization, ...requestOf(ctx) }))
  provider.on('authorization.success', (ctx) => {
    log.info('authorization given', { organization, ...requestOf(ctx), subject: ctx.oidc.account?.accountId })
  })
  provider.on('authorization.error', (ctx, error) => {
    log.warn('authorization refused', { organization, ...requestOf(ctx), ...reasonOf(error) })
  })
  provider.on('revocation.error', (ctx, error) => {
    log.warn('revocation refused', { organization, ...requestOf(ctx), ...reasonOf(error) })
  })
  provider.on('end_session.success', () => log.info('signed out', { organization }))
  provider.on('server_error', (ctx, error) => {
    log.error('authorization server failed', { organization, ...requestOf(ctx), error })
  })
  // Koa writes to the console when nobody listens.
  const koa: EventEmitter = provider
  koa.on('error', (error: unknown) => log.error('authorization server failed', { organization, error }))
}

function requestOf({ oidc }: KoaContextWithOIDC): Record<string, unknown> {
  return { client: oidc.client?.clientId, grant: oidc.params?.grant_type }
}

function tokenOf({ oidc }: KoaContextWithOIDC): Record<string, unknown> {
  const token = oidc.entities.AccessToken ?? oidc.entities.ClientCredentials
  if (token === undefined) return {}
  const subject = 'accountId' in token ? token.accountId : token.clientId
  return { subject, audience: token.aud, scope: token.scope, token: token.jti }
}

function reasonOf(error: errors.OIDCProviderError): Record<string, unknown> {
  return { error: error.error, description: error.error_description, detail: error.error_detail }
}
