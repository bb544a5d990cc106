import { entitlementFaults } from '@portcullis/oauth/entitlement/fault'
import { errors } from 'oidc-provider'
import { SCOPE_REQUEST } from '../../provider/client.ts'
import { requestScopes } from '../../token-rules/scope-offers.ts'
import { type OwnGrant, parameter } from '../grant.ts'

/**
 * An app asks for scopes in advance, for itself. It proves who it is as for a token, and is given none: the answer says
 * whether it has the scopes, or which approval it waits for.
 */
export const scopeRequest: OwnGrant = {
  name: undefined,
  type: SCOPE_REQUEST,
  parameters: ['scope', 'resource'],
  async answer(ctx, parts) {
    const { client } = ctx.oidc
    if (client === undefined || client.clientAuthMethod === 'none') {
      throw new errors.InvalidClient('an app that can prove who it is')
    }
    const resource = parameter(ctx, 'resource')
    if (resource === undefined) throw new errors.InvalidTarget('name the API in resource')
    const holder = { kind: 'app', name: client.clientId } as const
    const scopes = [...ctx.oidc.requestParamScopes]
    const answer = await requestScopes(parts, holder, resource, scopes).catch((thrown: unknown) => {
      if (entitlementFaults['not-offered'].is(thrown)) {
        throw new errors.InvalidScope('this app may not ask for these scopes in advance', scopes.join(' '))
      }
      throw thrown
    })
    const asked = { scope: scopes.join(' '), resource }
    ctx.body =
      'entitlement' in answer
        ? { state: 'given', ...asked, expires_at: answer.entitlement.expiresAt }
        : { state: 'pending', ...asked, approval: answer.approval.id, expires_at: answer.approval.expiresAt }
  },
}
