import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { Policy } from '@portcullis/policy-kit/policy'
import { type Changes, proceed, refuse, type Verdict } from '@portcullis/policy-kit/verdict'
import { type CsrfConfig, csrfContract, csrfFaults } from './contract.ts'
import { type Cookie, readCookies, withoutCookie } from './cookie.ts'
import { isHarmless, isRepeated, judgePage } from './rules.ts'

/** Holds calls with cookies to pages that may send them, and takes the token out of its cookie. */
export const csrf: Policy<CsrfConfig> = {
  contract: csrfContract,
  needs: [],
  bind({ tokenCookie, origins, doubleSubmit }) {
    const allowed = new Set(origins)

    function judge(x: Exchange): Verdict {
      const { headers } = x.request
      const values = headers.all('cookie')
      // What no browser sends by itself was meant: it stands where only a program can put it.
      if (values.length === 0 || headers.has('authorization')) return proceed()
      const cookies = readCookies(values)
      const tokens =
        tokenCookie === undefined ? undefined : cookies.filter(({ name }) => name === tokenCookie)
      if (tokens?.length === 0) return proceed()
      // One of two was set by somebody else, and nobody knows which one (cookie tossing).
      if (tokens !== undefined && tokens.length > 1) return refuse(csrfFaults['ambiguous-cookie']())
      const objection = isHarmless(x.request.method, x.request.upgrade) ? undefined : objectionTo(x, cookies)
      if (objection !== undefined) return refuse(csrfFaults[objection]())
      const token = tokens?.[0]?.value
      return token === undefined || tokenCookie === undefined
        ? proceed()
        : proceed({ tokenInCookie: true }, carried(token, tokenCookie, values))
    }

    function objectionTo(x: Exchange, cookies: readonly Cookie[]) {
      const { headers, scheme } = x.request
      const evidence = {
        site: headers.get('sec-fetch-site'),
        origin: headers.get('origin'),
        referer: headers.get('referer'),
      }
      const own = `${scheme ?? 'http'}://${headers.get('host')?.toLowerCase() ?? ''}`
      const objection = judgePage(evidence, own, allowed)
      if (objection !== undefined || doubleSubmit === undefined) return objection
      const { cookie, field } = doubleSubmit
      return isRepeated(cookies, cookie, headers.all(field.toLowerCase())) ? undefined : 'token-mismatch'
    }

    return { onRequest: (x) => (x.preflight ? proceed() : judge(x)) }
  },
}

/** The token where the steps after this one look for it, and out of the sight of the backend. */
function carried(token: string, name: string, values: readonly string[]): Changes {
  const rest = withoutCookie(values, name)
  const authorization = `Bearer ${token}`
  return rest === ''
    ? { authorization, removeHeaders: ['cookie'] }
    : { authorization, removeHeaders: ['cookie'], setHeaders: ['Cookie', rest] }
}
