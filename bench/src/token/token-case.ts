import { importJWK, SignJWT } from 'jose'
import { ACCESS_TOKEN, EXCHANGE, JWT_BEARER, type TokenSite } from './token-site.ts'

/** What one caller asks for next, and what it keeps of the answer. */
export interface Caller {
  readonly path: string
  form(): Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>
  take(answer: Readonly<Record<string, unknown>>): void
}

export interface TokenCase {
  readonly name: string
  open(site: TokenSite, connection: number): Caller
}

const ignore = (): void => {}

/** Everything that is measured, in the order of the table. */
export const tokenCases: readonly TokenCase[] = [
  {
    // The first: the store of bare oidc-provider keeps the thousand things that were used last.
    name: 'introspection',
    open: ({ introspectionPath, inspectedToken }) => ({
      path: introspectionPath,
      form: () => ({ token: inspectedToken }),
      take({ active }) {
        if (active !== true) throw new Error('the token that is introspected is not active')
      },
    }),
  },
  {
    name: 'client-credentials',
    open: ({ tokenPath, resource }) => ({
      path: tokenPath,
      form: () => ({ grant_type: 'client_credentials', scope: 'list_items', resource }),
      take: ignore,
    }),
  },
  {
    // Each is spent by the next: a token that was refreshed twice would end all of them.
    name: 'refresh',
    open({ tokenPath, refreshTokens, resource }, connection) {
      let token = refreshTokens[connection] ?? ''
      return {
        path: tokenPath,
        form: () => ({ grant_type: 'refresh_token', refresh_token: token, resource }),
        take: ({ refresh_token: next }) => {
          token = String(next)
        },
      }
    },
  },
  {
    name: 'jwt-bearer',
    open({ tokenPath, client, issuer, key, resource }, connection) {
      const signing = importJWK(key, 'ES256')
      let count = 0
      const assertion = async (): Promise<string> =>
        new SignJWT({ jti: `${process.pid}-${connection}-${performance.now()}-${count++}` })
          .setProtectedHeader({ alg: 'ES256', ...(key.kid !== undefined && { kid: key.kid }) })
          .setIssuer(client.id)
          .setSubject(client.id)
          .setAudience(issuer)
          .setExpirationTime('3m')
          .sign(await signing)
      return {
        path: tokenPath,
        form: async () => ({
          grant_type: JWT_BEARER,
          assertion: await assertion(),
          scope: 'list_items',
          resource,
        }),
        take: ignore,
      }
    },
  },
  {
    name: 'exchange',
    open: ({ tokenPath, subjectToken, exchangeTo }) => ({
      path: tokenPath,
      form: () => ({
        grant_type: EXCHANGE,
        subject_token: subjectToken,
        subject_token_type: ACCESS_TOKEN,
        audience: exchangeTo,
      }),
      take: ignore,
    }),
  },
]
