import type { Fetch, FetchAnswer } from '@portcullis/kernel/fetch'
import { type Notice, readNotices } from './event.ts'
import { apiFaults } from './fault.ts'
import { failureOf, faultOf, parseJson, readText } from './receive.ts'
import { BASE_PATH, routes } from './route/routes.ts'
import { type Answer, type AnyRoute, answerSchema, type Input } from './shape.ts'

type Routes = typeof routes
type Callable = Exclude<keyof Routes, 'watchChanges' | 'fetchRevision' | 'reportDecisions'>
type Call<R extends AnyRoute> =
  unknown extends Input<R>
    ? (input?: CallOptions) => Promise<Answer<R>>
    : (input: Input<R> & CallOptions) => Promise<Answer<R>>

interface CallOptions {
  readonly signal?: AbortSignal
}

/** A function for every route of the management API, by the route's name. */
export type ApiClient = { readonly [Name in Callable]: Call<Routes[Name]> } & {
  /** The live revision, or `undefined` when it is still the one whose number is given. */
  fetchRevision(
    params: Input<Routes['fetchRevision']>['params'],
    known?: number,
  ): Promise<Answer<Routes['fetchRevision']> | undefined>
  /** Hands over decision records: batches, each the JSON of one in UTF-8, together of no more records than one may have. */
  reportDecisions(batches: readonly Uint8Array[]): Promise<void>
  /**
   * Tells of newly published revisions, of revocations and of API keys until the signal is aborted or the connection ends. A caller
   * that comes back has to ask what is live and what was revoked: what came in between is not told again.
   */
  watchChanges(options: {
    readonly signal: AbortSignal
    /** Called once the server listens to us. */
    readonly onOpen?: () => void
  }): AsyncIterable<Notice>
}

export interface ApiClientOptions {
  /** The control plane's URL, without the base path of the API. */
  readonly url: string
  /** An access token for the management API. Asked for before every call: whoever gives it keeps it. */
  readonly token: () => Promise<string>
  /** For one call, from the first byte sent to the last received. */
  readonly timeoutMillis?: number
  /** Who sends the calls; the runtime when absent. */
  readonly fetch?: Fetch
}

/** Applying a large contract for the first time takes seconds. */
const TIMEOUT_MILLIS = 60_000

/** The management API as functions. Refusals reject with the `Fault` that the server told of. */
export function openApiClient(options: ApiClientOptions): ApiClient {
  const calls = Object.entries(routes).map(([name, route]) => [
    name,
    (input: LooseInput = {}) => callRoute(options, route, input),
  ])
  return {
    ...Object.fromEntries(calls),
    async fetchRevision(params: Record<string, string>, known?: number) {
      const headers = known === undefined ? {} : { 'If-None-Match': `"${known}"` }
      return callRoute(options, routes.fetchRevision, { params }, headers)
    },
    reportDecisions: (batches: readonly Uint8Array[]) =>
      callRoute(options, routes.reportDecisions, { body: jsonArray(batches) }),
    watchChanges: (watch: Parameters<ApiClient['watchChanges']>[0]) => watchChanges(options, watch),
  } as ApiClient
}

interface LooseInput extends CallOptions {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, unknown>>
  /** What becomes JSON; bytes are JSON already. */
  readonly body?: unknown
}

async function callRoute(
  options: ApiClientOptions,
  route: AnyRoute,
  input: LooseInput,
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const url = urlOf(options.url, route, input)
  const timeout = AbortSignal.timeout(options.timeoutMillis ?? TIMEOUT_MILLIS)
  const signal = input.signal === undefined ? timeout : AbortSignal.any([timeout, input.signal])
  try {
    const response = await send(url, options, route, signal, input.body, headers)
    const text = await readText(response)
    if (response.status === 304 || response.status === 204) return undefined
    if (!isOk(response)) throw faultOf(response.status, text)
    return checked(route, response.status, text)
  } catch (thrown) {
    throw failureOf(thrown, options.url)
  }
}

async function* watchChanges(
  options: ApiClientOptions,
  watch: Parameters<ApiClient['watchChanges']>[0],
): AsyncGenerator<Notice> {
  const route = routes.watchChanges
  try {
    const response = await send(urlOf(options.url, route, {}), options, route, watch.signal)
    if (!isOk(response)) throw faultOf(response.status, await readText(response))
    watch.onOpen?.()
    if (response.body !== null) yield* readNotices(response.body)
  } catch (thrown) {
    if (watch.signal.aborted) return
    throw failureOf(thrown, options.url)
  }
}

async function send(
  url: string,
  options: ApiClientOptions,
  route: AnyRoute,
  signal: AbortSignal,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<FetchAnswer> {
  const ask: Fetch = options.fetch ?? fetch
  return ask(url, {
    method: route.method.toUpperCase(),
    // A token must not follow a redirect to somewhere else.
    redirect: 'error',
    signal,
    headers: {
      ...headers,
      authorization: `Bearer ${await options.token()}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && {
      body: body instanceof Uint8Array ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body),
    }),
  })
}

function isOk({ status }: FetchAnswer): boolean {
  return status >= 200 && status < 300
}

/** The JSON of an array, of that of its items. */
function jsonArray(items: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat([OPENING, ...items.flatMap((item, i) => (i === 0 ? [item] : [COMMA, item])), CLOSING])
}

const [OPENING, COMMA, CLOSING] = [Buffer.from('['), Buffer.from(','), Buffer.from(']')]

function urlOf(base: string, route: AnyRoute, input: LooseInput): string {
  const path = route.path.replace(/\{(\w+)\}/g, (_, key: string) =>
    encodeURIComponent(input.params?.[key] ?? ''),
  )
  const query = Object.entries(input.query ?? {}).filter(([, value]) => value !== undefined)
  const search = new URLSearchParams(
    query.map(([key, value]): [string, string] => [key, String(value)]),
  ).toString()
  return `${base.replace(/\/+$/, '')}${BASE_PATH}${path}${search === '' ? '' : `?${search}`}`
}

function checked(route: AnyRoute, status: number, text: string): unknown {
  const answer = answerSchema(route, status)?.safeParse(parseJson(text))
  if (answer?.success === true) return answer.data
  throw apiFaults['unexpected-answer']({
    detail: `Its answer to ${route.method.toUpperCase()} ${route.path} has another shape.`,
    ...(answer && { internal: answer.error.message }),
  })
}
