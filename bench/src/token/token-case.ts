import { importJWK, SignJWT } from 'jose'
import {
  ACCESS_TOKEN,
  DEVICE_CODE,
  EXCHANGE,
  JWT_BEARER,
  SAML_BEARER,
  type Supply,
  type TokenSite,
} from './token-site.ts'

/** What one caller asks for next, and what it keeps of the answer. */
export interface Caller {
  readonly path: string
  /** `supplied`: one of what the case uses up, else an empty text. */
  form(supplied: string): Promise<Readonly<Record<string, string>>> | Readonly<Record<string, string>>
  take(answer: Readonly<Record<string, unknown>>): void
}

export interface TokenCase {
  readonly name: string
  /** What each request uses up. It is made between the measurements. */
  readonly uses?: Supply
  open(site: TokenSite, connection: number): Caller
}

const ignore = (): void => {}

/** So that nobody is quick because they give less. */
function demandRefreshToken({ refresh_token: token }: Readonly<Record<string, unknown>>): void {
  if (typeof token !== 'string') throw new Error('there is no refresh token in the answer')
}

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
    name: 'code',
    uses: 'code',
    open: ({ tokenPath, redirectUri, codeVerifier }) => ({
      path: tokenPath,
      form: (code) => ({
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        code_verifier: codeVerifier,
      }),
      take: demandRefreshToken,
    }),
  },
  {
    // The first refresh of a grant, as each that follows costs the store of bare oidc-provider more.
    name: 'refresh',
    uses: 'refresh-token',
    open: ({ tokenPath, resource }) => ({
      path: tokenPath,
      form: (token) => ({ grant_type: 'refresh_token', refresh_token: token, resource }),
      take: demandRefreshToken,
    }),
  },
  {
    name: 'device-code',
    uses: 'device-code',
    open: ({ tokenPath }) => ({
      path: tokenPath,
      form: (code) => ({ grant_type: DEVICE_CODE, device_code: code }),
      take: demandRefreshToken,
    }),
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
    name: 'saml-bearer',
    uses: 'saml-assertion',
    open: ({ tokenPath, resource }) => ({
      path: tokenPath,
      form: (assertion) => ({ grant_type: SAML_BEARER, assertion, scope: 'list_items', resource }),
      take: ignore,
    }),
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
