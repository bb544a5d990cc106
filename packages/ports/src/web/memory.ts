import { type Web, type WebAnswer, type WebRequest, webFaults } from './port.ts'

/** What somebody on this small web answers. */
export interface MemoryAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** By URL. Whoever is not there, or throws, can't be reached; whoever never resolves is too slow. */
export type MemorySites = Readonly<
  Record<string, (request: WebRequest) => MemoryAnswer | Promise<MemoryAnswer>>
>

export function openMemoryWeb(sites: MemorySites): Web {
  return {
    async ask(request) {
      const site = Object.hasOwn(sites, request.url) ? sites[request.url] : undefined
      if (site === undefined) throw webFaults.unavailable({ internal: `nobody is at ${request.url}` })
      return answerOf(await inTime(async () => site(request), request), request.maxBytes)
    },
  }
}

async function inTime(
  answer: () => Promise<MemoryAnswer>,
  { timeoutMillis, signal, url }: WebRequest,
): Promise<MemoryAnswer> {
  const late = Promise.withResolvers<never>()
  const giveUp = (): void => late.reject(webFaults.unavailable({ internal: `no answer from ${url}` }))
  const timer = setTimeout(giveUp, timeoutMillis)
  signal?.addEventListener('abort', giveUp)
  try {
    if (signal?.aborted) giveUp()
    return await Promise.race([answer(), late.promise])
  } catch (cause) {
    throw webFaults.unavailable({ internal: `no answer from ${url}`, cause })
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', giveUp)
  }
}

function answerOf({ status, headers = {}, body = '' }: MemoryAnswer, maxBytes: number): WebAnswer {
  const bytes = new TextEncoder().encode(body)
  if (bytes.byteLength > maxBytes) throw webFaults['too-large']()
  const fields = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  return { status, header: (name) => fields.get(name.toLowerCase()), body: bytes }
}
