import { name, z } from '@portcullis/kernel/schema'
import { clientDocumentPlace } from '../client-document.ts'
import { appCertificate } from './app-certificate.ts'
import { exchangeRight } from './exchange-right.ts'
import { publicKeys } from './public-key.ts'
import { registered } from './registration.ts'
import { role } from './role.ts'
import { stage } from './stage.ts'
import { tokenDelivery } from './token-delivery.ts'

export const grant = z.enum([
  'client_credentials',
  'authorization_code',
  'refresh_token',
  'device_code',
  'ciba',
  'token_exchange',
  'jwt_bearer',
  'saml_bearer',
  'password',
])
export type Grant = z.infer<typeof grant>

/** A client of another issuer, by the name that it has there. */
const externalClient = z.strictObject({
  /** Exactly as its tokens say it (`iss`). */
  issuer: z.string().min(1).max(2048),
  clientId: z.string().min(1).max(256),
})

/** An identity provider that checks an app's secret, and what it calls the app. */
const checkedBy = z.strictObject({ identityProvider: name(), clientId: z.string().min(1).max(256) })
export type CheckedBy = z.infer<typeof checkedBy>

/** Who calls: an OAuth client. Its name is its `client_id`; its credentials live apart and are never exported. */
export const appSpec = z.strictObject({
  title: z.string().min(1).max(200),
  /** Its subscriptions hold in environments of this stage alone; in all of them when absent. */
  stage: stage.optional(),
  grants: z.array(grant).min(1).max(grant.options.length),
  /** Required for `authorization_code`; compared exactly (RFC 9700 §2.1). */
  redirectUris: z.array(z.url().max(2048)).max(32).default([]),
  /** A public client has no secret and must use PKCE: an app in a browser or on a phone. */
  public: z.boolean().default(false),
  /**
   * How it proves who it is: by a secret (when absent), by a key of its own that never leaves it (RFC 7523), or by the
   * certificate of its connection (RFC 8705): one that an authority of ours issued, or one that it made itself and whose
   * key is among its keys.
   */
  authentication: z
    .enum(['secret', 'private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'])
    .optional(),
  /** What a certificate must say that is its own, with `tls_client_auth`. */
  certificate: appCertificate.optional(),
  /**
   * It proves who it is by the secret that it has at this identity provider, which checks it each time, and may call itself here as it
   * is called there. It has no secret of ours then.
   */
  checkedBy: checkedBy.optional(),
  /**
   * It proves who it is by SAML assertions of this identity provider, which name it as it is named here (RFC 7522 §2.2). It has no
   * secret of ours then.
   */
  assertedBy: name().optional(),
  /** Its public keys, or where it publishes them. */
  jwks: publicKeys.optional(),
  jwksUri: z
    .url({ protocol: /^https$/ })
    .max(2048)
    .optional(),
  /** With the grant `jwt_bearer` it may have tokens for any user, without asking them. */
  vouchesForUsers: z.boolean().optional(),
  /** `fapi2`: it signs who it is, pushes its requests, and has bound tokens only (FAPI 2.0 Security Profile). */
  profile: z.enum(['fapi2']).optional(),
  /** Its authorization requests come by way of the server (RFC 9126), or signed by a key of its own (RFC 9101); any way when absent. */
  requests: z.enum(['pushed', 'signed']).optional(),
  /** Its tokens are good only with proof of a key (RFC 9449). Any app may bind tokens; this one must. */
  boundTokens: z.boolean().optional(),
  /** Its tokens are good only over connections with the certificate with which they were obtained (RFC 8705 §3). */
  certificateBoundTokens: z.boolean().optional(),
  /** Where browsers may be sent after signing out; compared exactly. */
  signOutRedirectUris: z.array(z.url().max(2048)).min(1).max(32).optional(),
  /** Where it is told that a user has signed out (OpenID Connect Back-Channel Logout). */
  signOutUri: z
    .url({ protocol: /^https$/ })
    .max(2048)
    .optional(),
  /** Its users sign in with these identity providers alone; with one, they are sent there at once. */
  identityProviders: z.array(name()).min(1).max(32).optional(),
  /** Where it is told that a user has answered (CIBA, ping), with the grant `ciba`; without it the app polls. */
  pingUri: z
    .url({ protocol: /^https$/ })
    .max(2048)
    .optional(),
  /** What it is where it speaks for itself: rules about tokens name roles. Where it speaks for a user, theirs count. */
  roles: z.array(role).min(1).max(64).optional(),
  /** Its tokens are brought to this address once a user has answered (CIBA, push), and it may not ask for them: instead of `pingUri`. */
  pushUri: z
    .url({ protocol: /^https$/ })
    .max(2048)
    .optional(),
  /** It sends the code that users have chosen for such apps (CIBA Core §7.1.2). */
  userCodes: z.boolean().optional(),
  /** The user who answers for it. */
  owner: name().optional(),
  /** It gets no tokens, and those that it has are revoked. */
  disabled: z.boolean().optional(),
  /** That it registered itself (RFC 7591). The authorization server writes this; nobody changes it. */
  registered: registered.optional(),
  /** Where it is told that people have decided about what it asked for. */
  approvalUri: z
    .url({ protocol: /^https$/ })
    .max(2048)
    .optional(),
  /** How a token comes that people had to allow. It may pick such tokens up in any case, unless they have come already. */
  tokenDelivery: tokenDelivery.optional(),
  /** An administrator has consented to these scopes for all users, who are not asked for them. */
  consentedScopes: z.array(z.string().min(1).max(256)).min(1).max(512).optional(),
  /** Types of authorization details (RFC 9396) that it may ask for; none when absent. */
  authorizationDetails: z.array(z.string().min(1).max(128)).min(1).max(32).optional(),
  /** What it is called by other issuers whose tokens are taken here: with one of theirs it calls under its subscriptions, too. */
  external: z.array(externalClient).min(1).max(32).optional(),
  /**
   * Where documents lie in which clients describe themselves: such a client is known by the address of its document, and
   * has what this app has, at most. The app itself gets no tokens then.
   */
  clientDocuments: z.array(clientDocumentPlace).min(1).max(64).optional(),
  /** First-party apps ask their own users for no consent. */
  firstParty: z.boolean().default(false),
  /** Audiences of the APIs that this app is the backend of. It may introspect tokens for them, and exchange them where a right says so. */
  serves: z.array(z.url().max(2048)).min(1).max(32).optional(),
  /** What it may exchange tokens for, with the grant `token_exchange`. Nothing where nothing is named. */
  exchangeRights: z.array(exchangeRight).min(1).max(64).optional(),
})
export type AppSpec = z.infer<typeof appSpec>
