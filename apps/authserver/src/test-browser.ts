import { createHash, randomBytes } from 'node:crypto'

/** What a browser ended up with: a page of the authorization server, or a redirect away from it. */
export interface Visit {
  readonly status: number
  readonly url: string
  readonly headers: Headers
  readonly html: string
  /** Where it was sent, when that is not the authorization server. */
  readonly away: URL | undefined
}

interface Cookie {
  readonly value: string
  readonly path: string
}

const MOST_REDIRECTS = 10

/**
 * As much of a browser as signing in takes: cookies by path (RFC 6265 §5.1.4), redirects, pages that go on by themselves, and
 * forms. No script.
 */
export class TestBrowser {
  readonly #jar = new Map<string, Cookie>()
  readonly #headers: Readonly<Record<string, string>>

  constructor(headers: Readonly<Record<string, string>> = {}) {
    this.#headers = headers
  }

  get cookies(): ReadonlyMap<string, Cookie> {
    return this.#jar
  }

  async open(url: string, form?: URLSearchParams): Promise<Visit> {
    const { origin } = new URL(url)
    let answer = await this.#fetch(url, form)
    let at = url
    for (let i = 0; i < MOST_REDIRECTS; i++) {
      const location = answer.headers.get('location') ?? refreshOf(answer)
      if (location === undefined) break
      const next = new URL(location, at)
      if (next.origin !== origin) return this.#visit(answer, at, next)
      at = next.href
      answer = await this.#fetch(at)
    }
    return this.#visit(answer, at, undefined)
  }

  /**
   * Sends the page's first form with its hidden fields and the boxes that are ticked, as the button of that value would; with `to`,
   * the first whose address ends so. `untick`: boxes that the user has taken the tick from.
   */
  async submit(
    page: Visit,
    fields: Readonly<Record<string, string>>,
    to = '',
    untick: readonly string[] = [],
  ): Promise<Visit> {
    const forms = [...page.html.matchAll(/<form (?:id="\w+" )?method="post" action="([^"]+)".*?<\/form>/gs)]
    const [shown, action] = forms.find(([, each]) => each?.endsWith(to)) ?? []
    if (shown === undefined || action === undefined)
      throw new Error(`there is no such form on this page:\n${page.html}`)
    const form = new URLSearchParams()
    for (const [, name = '', value = ''] of shown.matchAll(
      /<input type="hidden" name="([^"]+)" value="([^"]*)"/g,
    )) {
      form.set(name, value)
    }
    for (const [, name = '', value = ''] of shown.matchAll(
      /<input type="checkbox" name="([^"]+)" value="([^"]*)" checked/g,
    )) {
      if (!untick.includes(name)) form.set(name, value)
    }
    for (const [name, value] of Object.entries(fields)) form.set(name, value)
    return this.open(new URL(action, page.url).href, form)
  }

  async #visit(answer: Response, url: string, away: URL | undefined): Promise<Visit> {
    return { status: answer.status, url, headers: answer.headers, html: await answer.text(), away }
  }

  async #fetch(url: string, form?: URLSearchParams): Promise<Response> {
    const { pathname } = new URL(url)
    const cookie = [...this.#jar]
      .filter(
        ([, { path }]) => pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`),
      )
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ')
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: { ...this.#headers, ...(cookie === '' ? {} : { cookie }) },
      ...(form === undefined ? {} : { method: 'POST', body: form }),
    })
    for (const line of answer.headers.getSetCookie()) this.#keep(line)
    return answer
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((each) => each.trim())
    const name = pair.slice(0, pair.indexOf('='))
    const value = pair.slice(name.length + 1)
    const attribute = (key: string) =>
      attributes.find((each) => each.toLowerCase().startsWith(`${key}=`))?.slice(key.length + 1)
    const expires = attribute('expires')
    if (value === '' || (expires !== undefined && Date.parse(expires) < Date.now())) this.#jar.delete(name)
    else this.#jar.set(name, { value, path: attribute('path') ?? '/' })
  }
}

function refreshOf({ headers }: Response): string | undefined {
  return /^0; url=(.+)$/.exec(headers.get('refresh') ?? '')?.[1]
}

export interface Pkce {
  readonly verifier: string
  readonly challenge: string
}

export function newPkce(): Pkce {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

/** The address of an authorization request; `undefined` leaves a parameter out. */
export function authorizationUrl(
  issuer: string,
  parameters: Readonly<Record<string, string | undefined>>,
): string {
  const url = new URL(`${issuer}/auth`)
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) url.searchParams.set(name, value)
  return url.href
}
