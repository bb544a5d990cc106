import { z } from '@portcullis/kernel/schema'
import type { AppSpec } from '@portcullis/model/resource/app'
import { grantTypeOf } from '../client/grant-type.ts'
import { wrongWithApp } from '../client/wrong-with-app.ts'
import { appOfMetadata, type LeftToPeople } from './client-metadata.ts'

/**
 * What a document must say beside the metadata of RFC 7591 §2, and may not
 * (draft-ietf-oauth-client-id-metadata-document-02 §4): nobody can share a secret by it.
 */
const document = z.looseObject({
  client_id: z.string(),
  client_secret: z.undefined().optional(),
  client_secret_expires_at: z.undefined().optional(),
  grant_types: z.array(z.string().max(128)).min(1).max(32).default(['authorization_code']),
  token_endpoint_auth_method: z.enum(['none', 'private_key_jwt']).default('none'),
  jwks_uri: z.string().max(2048).optional(),
})

/**
 * A client as its document describes it, within what is declared of the app that stands for it; or why it is not taken,
 * for operators. Of the document count: its name, redirect URIs, keys and whether it asks for more protection. Where else it
 * wants to be told of something is passed over.
 *
 * `id` is the address from which the document came, which it must name as it stands.
 */
export function describeClient(
  id: string,
  fetched: unknown,
  standing: AppSpec,
): { readonly app: AppSpec } | { readonly refusal: string } {
  const parsed = document.safeParse(fetched)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return { refusal: `${issue?.path.join('.') || 'the document'}: ${issue?.message ?? ''}`.slice(0, 300) }
  }
  const { backchannel_logout_uri: _, ...told } = parsed.data
  if (told.client_id !== id) return { refusal: 'it names another client_id' }
  // Where the keys are is fetched too: from where the administrator trusts, and from nowhere else.
  if (told.jwks_uri !== undefined && URL.parse(told.jwks_uri)?.origin !== new URL(id).origin) {
    return { refusal: 'its keys lie on another host' }
  }
  const grants = standing.grants.map(grantTypeOf)
  const grant_types = told.grant_types.filter((each) => grants.includes(each))
  if (grant_types.length === 0) return { refusal: 'it asks for no grant that it may have' }
  const read = appOfMetadata({ ...told, grant_types }, standing, new URL(id).host, keptOf(standing))
  if ('refusal' in read) return { refusal: read.refusal.description }
  const app = { ...read.app, ...demandsOf(standing) }
  const [wrong] = wrongWithApp(app)
  return wrong === undefined ? { app } : { refusal: wrong.detail }
}

function keptOf({ stage, owner, identityProviders }: AppSpec): LeftToPeople {
  return {
    firstParty: false,
    ...(stage !== undefined && { stage }),
    ...(owner !== undefined && { owner }),
    ...(identityProviders !== undefined && { identityProviders }),
  }
}

/** What is declared counts beside what the document asks for. */
function demandsOf({ requests, boundTokens, authorizationDetails }: AppSpec): Partial<AppSpec> {
  return {
    ...(requests !== undefined && { requests }),
    ...(boundTokens !== undefined && { boundTokens }),
    ...(authorizationDetails !== undefined && { authorizationDetails }),
  }
}
