/**
 * Where a gateway publishes, at every host of an environment, the public keys of its identity tokens (JWK Set, RFC 7517
 * §5): for backends that verify them.
 */
export const IDENTITY_KEYS_PATH = '/.well-known/portcullis/identity-keys'
