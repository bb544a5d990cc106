/** What our tokens say of their own accord: nobody else writes or removes it. */
export const OWN_CLAIMS: ReadonlySet<string> = new Set([
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'client_id', 'scope', 'azp', 'act', 'may_act', 'cnf'],
  ...[
    'acr',
    'amr',
    'auth_time',
    'sid',
    'grant_id',
    'nonce',
    'authorization_details',
    'idp',
    'roles',
    'groups',
  ],
])
