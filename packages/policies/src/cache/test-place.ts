import type { Exchange } from '@portcullis/policy-kit/exchange'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import { refusalReply } from '@portcullis/policy-kit/message/problem'
import type { Body, Reply } from '@portcullis/policy-kit/message/reply'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import { runReplySteps, runRequestSteps } from '@portcullis/policy-kit/step/run-steps'
import { bindFor, type ExchangeOptions, testExchange } from '@portcullis/policy-kit/test-kit'
import { openMemoryGenerations } from '@portcullis/ports/generations/memory'
import { cache } from './policy.ts'

const policy = anyPolicy(cache)
export const NOON = Date.UTC(2026, 0, 1, 12)

interface Fetched {
  readonly method: string
  readonly headers: HeaderList
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly headers: HeaderList
}

/** The cache between callers and a backend that answers as it is told. */
export function openPlace(config: Record<string, unknown> = {}, mode: 'enforce' | 'observe' = 'enforce') {
  const clock = { time: NOON, now: () => clock.time }
  const steps = bindFor(policy, { config: config as never, mode }, testExchange(), {
    clock,
    generations: openMemoryGenerations(),
  })
  const fetched: Fetched[] = []
  const goingOn: Exchange[] = []
  const place = {
    clock,
    fetched,
    /** What the backend says; a body of the count of calls unless it says otherwise. */
    backend: (
      _: Fetched,
    ): { status?: number; fields?: Record<string, string>; body?: Body | null; fails?: boolean } => ({}),
    async begin(options: ExchangeOptions = {}) {
      const x = testExchange({ receivedAt: clock.time, ...options })
      const ending = await runRequestSteps(steps, x)
      let reply: Reply
      if (ending?.verdict === 'respond') reply = ending.reply
      else if (ending !== undefined) reply = refusalReply(ending, x.id)
      else reply = place.ask(x)
      if (ending !== undefined && 'step' in ending) {
        const behind = x.behind(x.request.signal)
        ending.behind(behind)
        goingOn.push(behind)
      }
      return { x, reply: runReplySteps(steps, x, reply) }
    },
    ask(x: Exchange): Reply {
      const seen = { method: x.request.method, headers: x.outgoingHeaders() }
      fetched.push(seen)
      const said = place.backend(seen)
      x.isForwarded = said.fails !== true
      const headers = HeaderList.of({ 'Content-Type': 'text/plain', ...said.fields })
      const body = said.body === null ? undefined : (said.body ?? Buffer.from(`reply ${fetched.length}`))
      return { status: said.status ?? 200, headers, body }
    },
    /** Lets the backend answer the calls that went on behind their callers, and tells how many those were. */
    async answerBehind(): Promise<number> {
      const all = goingOn.splice(0)
      for (const x of all) {
        await read(runReplySteps(steps, x, place.ask(x)).body)
        x.over()
      }
      return all.length
    },
    async call(options: ExchangeOptions = {}): Promise<Answer> {
      const { x, reply } = await place.begin(options)
      const text = await read(reply.body)
      x.over()
      return { status: reply.status, text, headers: reply.headers }
    },
    /** Texts of several calls in turn. */
    async texts(...calls: ExchangeOptions[]): Promise<string[]> {
      const texts: string[] = []
      for (const each of calls) texts.push((await place.call(each)).text)
      return texts
    },
  }
  return place
}

export async function read(body: Body | undefined): Promise<string> {
  if (body === undefined || body instanceof Uint8Array) return Buffer.from(body ?? []).toString()
  let text = ''
  for await (const chunk of body) text += Buffer.from(chunk).toString()
  return text
}

export async function* stream(...chunks: string[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield Buffer.from(chunk)
}

export const get = (headers: Record<string, string> = {}, more: ExchangeOptions = {}): ExchangeOptions => ({
  headers,
  ...more,
})
export const saying =
  (cacheControl: string, fields: Record<string, string> = {}) =>
  () => ({
    fields: { 'Cache-Control': cacheControl, ...fields },
  })
