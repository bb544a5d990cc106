import { defineFaults } from '@portcullis/kernel/fault'

/** What can be wrong with declarations taken together. */
export const modelFaults = defineFaults('model', {
  'unknown-organization': {
    status: 422,
    title: 'The organization is not declared',
    remedy: 'Declare it with `kind: Organization`, or mend the spelling.',
  },
  'unknown-reference': {
    status: 422,
    title: 'It refers to something that does not exist',
    remedy: 'Declare what is missing, or mend the spelling.',
  },
  'in-use': {
    status: 422,
    title: 'Something is removed to which something else still refers',
    remedy: 'Remove or change what refers to it in the same step, or keep it.',
  },
  'plan-of-another-product': {
    status: 422,
    title: 'The plan belongs to another product',
    remedy: 'Name a plan of the subscribed product.',
  },
  'unknown-scope': {
    status: 422,
    title: 'No contract of the product declares the scope',
    remedy: 'Declare the scope in the contract, or take it out of the subscription.',
  },
  'bad-detail-schema': {
    status: 422,
    title: 'The schema of authorization details can’t be used',
    remedy: 'Write JSON Schema 2020-12 without patterns and formats; `$ref` leads to places in itself alone.',
  },
  'beyond-registration': {
    status: 422,
    title: 'An app that registered itself would go beyond what it registered with',
    remedy: 'Keep within its software statement; for more it has to register anew, with another one.',
  },
  'unknown-operation': {
    status: 422,
    title: 'The contract has no such operation',
    remedy: 'Name an operation by its `operationId`, or by `METHOD /path` where it has none.',
  },
  'unknown-policy': {
    status: 422,
    title: 'There is no such policy',
    remedy: 'Name a policy of the catalogue.',
  },
  'bad-config': {
    status: 422,
    title: 'The policy does not take this configuration',
    remedy: 'Change the value as the page of the policy describes it.',
  },
  'bad-condition': {
    status: 422,
    title: 'The condition of the attachment can’t be asked',
    remedy:
      'Write an expression of Cedar over the words of docs/reference/conditions.md, such as `context.method == "GET"`.',
  },
  'bad-token-rule': {
    status: 400,
    title: 'A token rule cannot be used',
    remedy: 'Mend it at this place. `docs/how-to/give-scopes-by-role.md` shows what rules can ask and do.',
  },
  'bad-policy-set': {
    status: 422,
    title: 'The Cedar policies can’t be applied',
    remedy:
      'Mend the policy at the line that is named; the page of the policy `authorize` says what can be asked.',
  },
  'may-not-fail-open': {
    status: 422,
    title: 'The policy must not fail open',
    remedy: 'Remove `failOpen`: when this policy cannot decide, the call is refused.',
  },
  'not-for-plans': {
    status: 422,
    title: 'The policy can’t be part of a product or plan',
    remedy:
      'Attach it to the API, the operation or the environment: the subscription is known only after authentication and authorization.',
  },
  'duplicate-policy': {
    status: 422,
    title: 'The policy is attached twice in one place',
    remedy: 'Keep one of the two: of this policy only the nearest attachment counts.',
  },
  'host-taken': {
    status: 422,
    title: 'Another environment answers to the same host',
    remedy: 'Give every environment of the installation hosts of its own.',
  },
  'base-path-taken': {
    status: 422,
    title: 'Two API versions of one environment overlap',
    remedy: 'Give each a base path of its own, none below another.',
  },
  'audience-shared': {
    status: 422,
    title: 'A token of one environment would be good in another',
    remedy:
      'Give each environment a URL of its own, or say that it is meant: `sharesAudiencesWith` of one of the two.',
  },
  'sandbox-dependency': {
    status: 422,
    title: 'An app for production would depend on a sandbox',
    remedy:
      'Deploy the API version in an environment for production, or declare the app with `stage: sandbox`.',
  },
  'redirect-uris-missing': {
    status: 422,
    title: 'The app has nowhere to return to',
    remedy: 'List its `redirectUris`, or take `authorization_code` out of its grants.',
  },
  'bad-redirect-uri': {
    status: 422,
    title: 'The redirect URI is not safe',
    remedy:
      'Use https without a fragment; http only for loopback addresses (127.0.0.1, [::1] or localhost), or a private scheme with a dot.',
  },
  'public-without-user': {
    status: 422,
    title: 'A public client cannot prove who it is',
    remedy: 'Take `client_credentials` out of its grants, or remove `public` (RFC 6749 §4.4).',
  },
  'name-of-user': {
    status: 422,
    title: 'An app and a user have the same name',
    remedy:
      'Name one of them otherwise: both are subjects of tokens, and backends could take one for the other.',
  },
  'bad-keys': {
    status: 422,
    title: 'The keys of the app do not fit what it does',
    remedy:
      'Give `jwks` or `jwksUri`, not both, to an app that signs (`authentication: private_key_jwt`, or the grant `jwt_bearer`), and none of it to a public one.',
  },
  'bad-delivery': {
    status: 422,
    title: 'Tokens can not reach the app in that way',
    remedy:
      'Give it one of `pingUri` and `pushUri`, with the grant `ciba`; an app whose tokens must be bound to a key fetches them itself.',
  },
  'external-taken': {
    status: 422,
    title: 'A client of another issuer is two apps',
    remedy: 'Name each client of an issuer once, at the app that it is.',
  },
  'no-client-checks': {
    status: 422,
    title: 'The identity provider checks no clients',
    remedy:
      'Give `clientChecks` (type `oidc`) or `vouchesForApps` (type `saml`) to the identity provider, or take `checkedBy` or `assertedBy` from the app.',
  },
  'client-documents-taken': {
    status: 422,
    title: 'The documents of clients are of two apps',
    remedy: 'Let the places of different apps lie apart: none may begin another.',
  },
  'bad-client-documents': {
    status: 422,
    title: 'The app can’t stand for clients that describe themselves',
    remedy:
      'Beside `clientDocuments` give `title`, `grants` (authorization_code, refresh_token, device_code) and, where you need them, `stage`, `owner`, `identityProviders`, `requests`, `boundTokens`, `authorizationDetails`.',
  },
  'bad-exchange': {
    status: 422,
    title: 'The right to exchange tokens cannot be used',
    remedy:
      'List the audience that the app is called with in `serves`, each pair of audiences once in `exchangeRights`, and `token_exchange` among the grants.',
  },
  'bad-address': {
    status: 422,
    title: 'An entry of the address list cannot be read',
    remedy: 'Write an address, or a range in CIDR notation without bits behind the prefix: 192.0.2.0/24.',
  },
  'bad-certificate': {
    status: 422,
    title: 'A certificate cannot be read',
    remedy: 'Write whole certificates in PEM, one after the other, and nothing else.',
  },
  'bad-metadata': {
    status: 422,
    title: 'The metadata of an identity provider are not good',
    remedy:
      'Take them anew from the provider: of the declared `issuer`, still valid, and signed by one of `certificates` where those are declared.',
  },
  'unsatisfiable-scheme': {
    status: 422,
    title: 'No policy can establish the identity that the contract demands',
    remedy: 'Use a security scheme that a policy of the catalogue satisfies, such as `oauth2`.',
  },
})

/** What is allowed but dangerous, or surely not meant. */
export const warnings = defineFaults('warning', {
  'stale-list': {
    status: 200,
    title: 'An address list is not as new as it should be',
    remedy: '`portcullis address-lists` says why it could not be fetched.',
  },
  'not-enforced': {
    status: 200,
    title: 'A protection of the contract is not enforced',
    remedy: 'Set `mode: enforce` once you have seen enough.',
  },
  weakens: {
    status: 200,
    title: 'A setting of this policy takes away protection',
    remedy: 'Leave it out, unless what it allows is meant.',
  },
  'fails-open': {
    status: 200,
    title: 'Calls pass when this policy fails',
    remedy: 'Remove `failOpen` unless an outage of the policy is worse than calls without it.',
  },
  'any-host': {
    status: 200,
    title: 'The environment answers to every host name',
    remedy: 'List the host names under which callers may find it.',
  },
  'key-in-query': {
    status: 200,
    title: 'Keys are sent in the query, where histories, logs and Referer fields keep them',
    remedy: 'Declare the scheme with `in: header`. Until then treat every log on the way as secret.',
  },
  'password-grant': {
    status: 200,
    title: 'The app sees the passwords of its users',
    remedy:
      'Move it to `authorization_code` with PKCE (RFC 9700 §2.4), and take `password` out of its grants as soon as you can.',
  },
  'vouches-for-users': {
    status: 200,
    title: 'The app may have tokens for any user, without asking',
    remedy: 'Remove `vouchesForUsers` unless the app itself decides who its users are.',
  },
  'plain-http': {
    status: 200,
    title: 'Traffic goes over the network unencrypted',
    remedy: 'Use an https:// URL for anything that is not on this machine.',
  },
  'single-target': {
    status: 200,
    title: 'The setting chooses between targets, and there is only one',
    remedy: 'Add a target, or remove the setting. What protects a single target is `circuitBreaker`.',
  },
  'stages-share-tokens': {
    status: 200,
    title: 'Tokens of a sandbox are good in production',
    remedy: 'Take the environment out of `sharesAudiencesWith`, and give each a URL of its own.',
  },
  'certificate-not-valid': {
    status: 200,
    title: 'A certificate is not valid now',
    remedy: 'Renew it: calls over TLS that depend on it fail.',
  },
  draft: {
    status: 200,
    title: 'A draft is checked but served nowhere',
    remedy: 'Set `state: published` when callers may use it.',
  },
  'type-slip': {
    status: 200,
    title: 'A Cedar policy or a condition mixes types up',
    remedy: 'Compare texts with texts and numbers with numbers: docs/reference/conditions.md has the types.',
  },
  'not-served': {
    status: 200,
    title: 'No gateway serves the environment',
    remedy: 'List its `hosts`.',
  },
})
