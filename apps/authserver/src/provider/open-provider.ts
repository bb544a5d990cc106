import { Fault } from '@portcullis/kernel/fault'
import { Secret } from '@portcullis/kernel/secret'
import { isClientDocumentUrl } from '@portcullis/model/client-document'
import type { CheckedBy } from '@portcullis/model/resource/app'
import { findCredential } from '@portcullis/oauth/client/client-secret'
import type { Log } from '@portcullis/ports/log/port'
import { type KoaContextWithOIDC, Provider } from 'oidc-provider'
import { limitPolling, tellLater } from '../backchannel/backchannel.ts'
import { authserverFaults } from '../fault.ts'
import { ownGrants } from '../grant/catalog.ts'
import { endpointAliases } from '../mutual-tls/endpoint-aliases.ts'
import { faultOf, PROBLEM_TYPE, problemOf } from '../problem.ts'
import { authenticateBySaml } from '../saml-client/saml-client.ts'
import { recordTokenRequest } from '../token-rules/record-token.ts'
import { ruleBeforeSpending } from '../token-rules/rule-before-spending.ts'
import { ruleTokens } from '../token-rules/rule-tokens.ts'
import { goOnAfterSignOut } from '../upstream/sign-out.ts'
import { auditProvider } from './audit.ts'
import { ASSERTED_BY, CHECKED_BY, readCredentials, rememberClients } from './client.ts'
import { configurationOf, type ProviderParts } from './configuration.ts'
import { narrowCrossOrigin } from './cross-origin.ts'
import { demandFirstUses } from './first-use.ts'
import './sent-parameters.ts'
import { rememberOrigin } from './session-origin.ts'
import { signIntrospection } from './signed-introspection.ts'
import { spendWithWhatIsGiven } from './spending.ts'
import { answerForStructuredTokens } from './structured-token.ts'

/** The authorization server of one organization. */
export function openProvider(parts: ProviderParts & { readonly log: Log }): Provider {
  const provider = new Provider(parts.issuer.href, configurationOf(parts))
  // The listener has put the public host and protocol into the request, and removed what callers forward.
  provider.proxy = true
  authenticateByHash(provider, parts)
  authenticateBySaml(provider, parts)
  demandExactRedirectUris(provider)
  limitPolling(provider, parts)
  tellLater(provider)
  rememberClients(provider)
  demandFirstUses(provider, parts)
  answerForStructuredTokens(provider, parts)
  for (const { type, parameters, answer } of ownGrants) {
    provider.registerGrantType(type, (ctx) => answer(ctx, parts), parameters)
  }
  spendWithWhatIsGiven(provider)
  ruleTokens(provider, parts)
  ruleBeforeSpending(provider, parts)
  auditProvider(provider, parts.organization, parts.log)
  provider.on('server_error', sayWhetherToRetry)
  provider.use(async (ctx, next) => frame(ctx as KoaContextWithOIDC, next, parts))
  return provider
}

/** Secrets are kept as hashes, several at once, each with its own end: oidc-provider knows only one in the clear. */
function authenticateByHash(
  provider: Provider,
  { store, clock, organization, checkedClients }: ProviderParts,
): void {
  Object.assign(provider.Client, { needsSecret: () => false })
  provider.Client.prototype.compareClientSecret = async function compareClientSecret(presented: string) {
    if (this[ASSERTED_BY] !== undefined) return false
    const secret = new Secret(presented)
    const elsewhere = this[CHECKED_BY] as CheckedBy | undefined
    if (elsewhere !== undefined) return checkedClients.check(this.clientId, elsewhere, secret)
    const credentials = await readCredentials(store, organization, this.clientId)
    return findCredential(credentials, secret, clock.now()) !== undefined
  }
}

/** RFC 9700 §2.1: compared as texts. oidc-provider lets native apps choose a port. */
function demandExactRedirectUris(provider: Provider): void {
  provider.Client.prototype.redirectUriAllowed = function redirectUriAllowed(uri: string) {
    return this.redirectUris?.includes(uri) === true
  }
}

/** Around every answer: problems where OAuth has no error of its own, and no more openness than we mean. */
async function frame(
  ctx: KoaContextWithOIDC,
  next: () => Promise<unknown>,
  parts: ProviderParts & { readonly log: Log },
): Promise<void> {
  const { organization, log } = parts
  try {
    await limitDeviceGuesses(ctx, parts)
    await nameAsHere(ctx, parts)
    await next()
    await signIntrospection(ctx)
    await goOnAfterSignOut(ctx, parts)
    await recordTokenRequest(ctx, parts)
    await rememberOrigin(ctx, parts.store, parts.clock, organization, parts.lifetimes.signInSeconds)
  } catch (thrown) {
    const fault = faultOf(thrown)
    if (fault.status >= 500) log.error('authorization server failed', { organization, error: thrown })
    return answerProblem(ctx, fault)
  }
  const route: unknown = ctx._matchedRouteName
  if (typeof route !== 'string') return answerProblem(ctx, authserverFaults['not-found']())
  narrowCrossOrigin(ctx, route)
  if (route === 'discovery') await describeExactly(ctx, parts)
}

/** oidc-provider keeps by its `client_id` what a client was allowed: one that is called otherwise elsewhere has one name here. */
async function nameAsHere(ctx: KoaContextWithOIDC, { readApp }: ProviderParts): Promise<void> {
  const { client_id: id } = ctx.query
  if (ctx.path !== '/auth' || typeof id !== 'string' || isClientDocumentUrl(id)) return
  const app = await readApp(id)
  if (app !== undefined && app.name !== id) ctx.query = { ...ctx.query, client_id: app.name }
}

/** Before anything is looked up: whoever types codes tells nothing of themselves but their address. */
async function limitDeviceGuesses(ctx: KoaContextWithOIDC, parts: ProviderParts): Promise<void> {
  if (ctx.method !== 'POST' || ctx.path.replace(/\/$/, '').toLowerCase() !== '/device') return
  const seconds = await parts.countDeviceGuess(parts.organization, ctx.ip)
  if (seconds === 0) return
  ctx.set('Retry-After', String(seconds))
  throw authserverFaults['too-many-guesses']()
}

/** When an engine behind a port is away, trying again is worth it. */
function sayWhetherToRetry(ctx: KoaContextWithOIDC, error: Error): void {
  if (!(error instanceof Fault) || error.status !== 503) return
  ctx.status = error.status
  ctx.set('Retry-After', '5')
}

function answerProblem(ctx: KoaContextWithOIDC, fault: Fault): void {
  ctx.status = fault.status
  ctx.set('Cache-Control', 'no-store')
  ctx.body = problemOf(fault)
  ctx.type = PROBLEM_TYPE
}

/** Discovery lists response modes that every client of ours is refused, and does not know what is ours alone. */
async function describeExactly(
  ctx: KoaContextWithOIDC,
  { issuer, mutualTls, takesRegistrations, documents }: ProviderParts,
): Promise<void> {
  const described = ctx.body as Record<string, unknown>
  ctx.body = {
    ...described,
    response_modes_supported: ['query', 'query.jwt', 'jwt'],
    backchannel_token_delivery_modes_supported: ['poll', 'ping', 'push'],
    ...((await takesRegistrations()) && { registration_endpoint: `${issuer.href}/register` }),
    ...((await documents.areTaken()) && { client_id_metadata_document_supported: true }),
    ...(mutualTls?.url !== undefined && {
      mtls_endpoint_aliases: endpointAliases(described, issuer, mutualTls.url),
    }),
  }
}
