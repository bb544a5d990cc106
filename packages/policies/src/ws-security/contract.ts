import { Duration } from '@portcullis/kernel/duration'
import { defineFaults } from '@portcullis/kernel/fault'
import { name, z } from '@portcullis/kernel/schema'
import type { OperationPlace, PolicyContract } from '@portcullis/policy-kit/policy'
import { assertionConfig } from '../assertion/config.ts'
import { demandedSchemes } from '../scheme/requirement.ts'
import { durationWithin } from '../setting/duration-range.ts'

/** What OpenAPI calls it: `type: http`, `scheme: wsse`. */
const WSSE_SCHEME = 'wsse'

export const MOST_BYTES = 16 * 1024 * 1024

const user = z.strictObject({
  password: name().describe(
    'Name of a secret of the vault: the password. A hash of it can not serve a digest.',
  ),
  app: name().describe('The app in whose name it calls: its subscription and plan count.'),
  roles: z.array(z.string().min(1).max(256)).max(64).default([]).describe('The roles that it has.'),
})

const usernameToken = z
  .strictObject({
    users: z
      .record(z.string().min(1).max(256), user)
      .refine((users) => {
        const count = Object.keys(users).length
        return count >= 1 && count <= 1_000
      }, 'from 1 to 1000 users')
      .describe('Who may call, by the names that they send (`Username`).'),
    accept: z
      .array(z.enum(['digest', 'text']))
      .min(1)
      .default(['digest'])
      .describe(
        'How passwords may come: as `PasswordDigest`, or as `PasswordText`, which is taken over TLS alone.',
      ),
    lifetime: durationWithin('1s', '1h')
      .default('5m')
      .describe('How long a token is good from `Created` on. As long its nonce is remembered.'),
    clockSkew: durationWithin('0s', '5m')
      .default('30s')
      .describe('How far the clock of a caller may be ahead.'),
  })
  .describe('UsernameToken (WS-Security UsernameToken Profile 1.1).')

const config = z
  .strictObject({
    usernameToken: usernameToken.optional(),
    assertion: assertionConfig
      .optional()
      .describe('SAML 2.0 assertions (WS-Security SAML Token Profile 1.1.1).'),
    role: z
      .string()
      .min(1)
      .max(1024)
      .optional()
      .describe(
        'The URI under which headers are addressed to the gateway (`actor`, `role`), beside those addressed to nobody.',
      ),
    keepHeader: z
      .boolean()
      .default(false)
      .describe('Whether the backend gets the security header, with the password or assertion in it.'),
    maxBytes: z
      .int()
      .min(1_024)
      .max(MOST_BYTES)
      .default(1024 * 1024)
      .describe('How large a message may be.'),
    maxElements: z
      .int()
      .min(16)
      .max(1_000_000)
      .default(50_000)
      .describe('How many elements a message may have.'),
    attemptsPerMinute: z
      .int()
      .min(1)
      .max(100_000)
      .default(20)
      .describe('How many tokens that do not hold may come from a network.'),
  })
  .refine(
    ({ usernameToken: username, assertion }) => username !== undefined || assertion !== undefined,
    'usernameToken, assertion or both',
  )
  .refine(
    ({ usernameToken: username }) =>
      username === undefined ||
      Duration.parse(username.clockSkew).milliseconds <= Duration.parse(username.lifetime).milliseconds,
    'a lifetime that is no shorter than the clock skew',
  )
export type WsSecurityConfig = z.infer<typeof config>
export type UsernameTokenConfig = z.infer<typeof usernameToken>

export interface WsSecurityFacts {
  readonly schemes: readonly string[]
  readonly audience: string
}

export const wsSecurityFaults = defineFaults('ws-security', {
  malformed: {
    status: 400,
    title: 'The message is no SOAP that can be read',
    remedy:
      'Send one SOAP 1.1 or 1.2 envelope in UTF-8, with at most one Security header for us in its Header.',
  },
  'not-understood': {
    status: 400,
    title: 'The security header has something in it that is not understood',
    remedy: 'Send one token in it, a UsernameToken or a SAML 2.0 assertion, and a Timestamp if you like.',
  },
  refused: {
    status: 401,
    title: 'The security token does not hold',
    remedy:
      'Make a new token, with the right password and a nonce of its own, and see that your clock is right.',
  },
  'needs-tls': {
    status: 400,
    title: 'A password came unencrypted',
    remedy: 'Call over https, or send PasswordDigest. Change the password: others may have read it.',
  },
  'too-many': {
    status: 429,
    title: 'Too many security tokens that do not hold',
    remedy: 'Wait a minute, then send one that does.',
  },
})

export const wsSecurityContract: PolicyContract<WsSecurityConfig, WsSecurityFacts> = {
  id: 'ws-security',
  summary: 'Lets nobody in with a SOAP message whose security header does not prove who sent it.',
  phase: 'authenticate',
  stacking: 'nearest',
  config,
  faults: wsSecurityFaults,
  body: { need: 'whole', maxBytes: MOST_BYTES },
  mayFailOpen: false,
  onlyAttached: true,
  derive: wsseFacts,
  satisfies: (scheme) => scheme.type === 'http' && scheme.scheme.toLowerCase() === WSSE_SCHEME,
  dangers: ({ usernameToken: username, keepHeader }) => [
    ...(username?.accept.includes('text') === true
      ? [
          {
            path: ['usernameToken', 'accept'],
            detail: 'Whoever ends TLS before the gateway reads the passwords.',
          },
        ]
      : []),
    ...(keepHeader
      ? [
          {
            path: ['keepHeader'],
            detail: 'The backend can use the caller’s token elsewhere while it is good.',
          },
        ]
      : []),
  ],
}

function wsseFacts({ api, operation }: OperationPlace): WsSecurityFacts | undefined {
  const { satisfies } = wsSecurityContract
  const schemes = demandedSchemes(api.schemes, operation.security, (each) => satisfies?.(each) === true)
  if (schemes.size === 0) return undefined
  return { schemes: [...schemes.keys()], audience: api.audience }
}
