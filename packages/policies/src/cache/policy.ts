import { discardBody } from '@portcullis/policy-kit/body/body-ahead'
import { watchedReply } from '@portcullis/policy-kit/body/watched-reply'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Reply } from '@portcullis/policy-kit/message/reply'
import { Note } from '@portcullis/policy-kit/note'
import type { Policy } from '@portcullis/policy-kit/policy'
import { type Changes, proceed, refuse, respond, type Verdict } from '@portcullis/policy-kit/verdict'
import { answerWith, markReply, replaceReply } from './answer.ts'
import { freshened, questionFor } from './condition.ts'
import { type CacheConfig, cacheContract, cacheFaults } from './contract.ts'
import type { Directives } from './directive.ts'
import { type Flight, Flights } from './flights.ts'
import { freshLeft, isFresh, type KeptReply } from './kept-reply.ts'
import { ReplyStore } from './reply-store.ts'
import { hasCredentials, identityOf, keyOf, keyRules, placeOf } from './request-key.ts'
import { isConditional, isSafe, keepingOf, whyBypassed, wishesOf } from './rules.ts'

/** What a call asks of the cache. */
interface Question {
  readonly place: string
  readonly generation: number
  readonly sharedKey: string
  /** Where what is for this caller alone is kept. */
  readonly ownKey: string | undefined
  readonly hasCredentials: boolean
  readonly wishes: Directives
}

/** What is kept, and where. */
interface Found {
  readonly key: string
  readonly reply: KeptReply
}

/** What is to be done with the reply. */
type Plan =
  | { readonly kind: 'change'; readonly place: string }
  | { readonly kind: 'bypass'; readonly why: string }
  | {
      readonly kind: 'fetch'
      readonly question: Question
      readonly why: 'uri-miss' | 'stale'
      /** What is kept and is no longer fresh. */
      readonly old: (Found & { readonly isAskedAbout: boolean }) | undefined
      readonly flight: Flight | undefined
    }

/** How often a call waits for others that then bring nothing. */
const MAX_WAITS = 3
const ERRORS = new Set([500, 502, 503, 504])
const CONDITIONS = ['if-none-match', 'if-modified-since']

/** Answers with what it has kept, and keeps what comes by. */
export const cache: Policy<CacheConfig, undefined, 'clock' | 'generations'> = {
  contract: cacheContract,
  needs: ['clock', 'generations'],
  bind(config, { clock, generations }, { mode }) {
    const rules = keyRules(config)
    const store = new ReplyStore(config.maxBytes)
    const flights = new Flights()
    const note = new Note<Plan>()
    // Where nothing is acted on, nobody may wait for anything.
    const mayCollapse = config.collapse && mode === 'enforce'

    function judge(x: Exchange): Verdict | Promise<Verdict> {
      const { request } = x
      const place = placeOf(x)
      if (place === undefined || x.preflight || request.upgrade !== undefined) return proceed()
      if (!isSafe(request.method)) return plan(x, { kind: 'change', place })
      const wishes = wishesOf(request.headers, config.obeyCallers)
      const why = whyBypassed(x, rules, wishes)
      if (why !== undefined) return plan(x, { kind: 'bypass', why }, { bypassed: why })
      const sharedKey = keyOf(place, x, rules)
      const isKnown = hasCredentials(x)
      const ownKey = config.perIdentity && isKnown ? `${sharedKey}\n${identityOf(x)}` : undefined
      const generation = generations.of(place)
      return look(x, { place, generation, sharedKey, ownKey, hasCredentials: isKnown, wishes }, 0)
    }

    function plan(x: Exchange, what: Plan, saw?: Record<string, string>, changes?: Changes): Verdict {
      note.write(x, what)
      return proceed(saw, changes)
    }

    function look(x: Exchange, question: Question, waits: number): Verdict | Promise<Verdict> {
      const now = clock.now()
      const { ownKey, sharedKey, wishes } = question
      const flightKey = ownKey ?? sharedKey
      const found = find(x, question, ownKey) ?? find(x, question, sharedKey)
      const how = waits === 0 ? 'hit' : 'hit; collapsed'
      if (found !== undefined) {
        if (isFresh(found.reply, wishes, now)) {
          return respond(answerWith(found.reply, x, now, how), { hit: true })
        }
        if (mayWaitForUpdate(found.reply, wishes, now)) {
          const answer = respond(answerWith(found.reply, x, now, how), { hit: true, stale: true })
          if (flights.isUnderWay(flightKey)) return answer
          // Only who asks for all of it brings what can be kept.
          if (x.request.method === 'GET') return { ...answer, behind: update(question, found, flightKey) }
        }
      }
      if (wishes.has('only-if-cached')) return refuse(cacheFaults['not-kept']())
      const landed = mayCollapse && waits < MAX_WAITS ? flights.join(flightKey, now) : undefined
      if (landed !== undefined) return landed.then(() => look(x, question, waits + 1))
      return fetch(x, question, found, flightKey)
    }

    /** Asks about what is kept, for whoever calls next (RFC 5861 §3). */
    function update(question: Question, found: Found, key: string): (x: Exchange) => void {
      const flight = flights.begin(key, () => clock.now())
      return (x) => {
        x.whenOver(() => flight.land())
        const setHeaders = questionFor(found.reply)
        x.apply({ removeHeaders: CONDITIONS, ...(setHeaders && { setHeaders }) })
        const old = { ...found, isAskedAbout: setHeaders !== undefined }
        note.write(x, { kind: 'fetch', question, why: 'stale', old, flight })
      }
    }

    function find(x: Exchange, { place, generation }: Question, key: string | undefined): Found | undefined {
      const reply = key === undefined ? undefined : store.find(key, x.request.headers)
      if (key === undefined || reply === undefined) return undefined
      if (reply.generation === generation && generation === generations.of(place)) return { key, reply }
      store.drop(key)
      return undefined
    }

    function fetch(x: Exchange, question: Question, found: Found | undefined, key: string): Verdict {
      const { method, headers } = x.request
      const isAskedAbout = found !== undefined && method === 'GET' && questionFor(found.reply) !== undefined
      const mayLead =
        method === 'GET' && (isAskedAbout || !isConditional(headers)) && !flights.isUnderWay(key)
      const flight = mayCollapse && mayLead ? flights.begin(key, () => clock.now()) : undefined
      // However the call ends, nobody waits any longer.
      if (flight !== undefined) x.whenOver(() => flight.land())
      const why = found === undefined ? 'uri-miss' : 'stale'
      const setHeaders = isAskedAbout ? questionFor(found.reply) : undefined
      const changes = setHeaders && { setHeaders, removeHeaders: CONDITIONS }
      const old = found && { ...found, isAskedAbout }
      return plan(x, { kind: 'fetch', question, why, old, flight }, { fetched: why }, changes)
    }

    function settle(x: Exchange, reply: Reply, fetched: Extract<Plan, { kind: 'fetch' }>): void {
      const { old, flight, question } = fetched
      const now = clock.now()
      if (old !== undefined && x.isForwarded && reply.status === 304 && old.isAskedAbout) {
        freshen(x, reply, fetched, now)
        return
      }
      if (old !== undefined && ERRORS.has(reply.status) && maySaveFromError(old.reply, now)) {
        letGo(reply)
        replaceReply(reply, answerWith(old.reply, x, now, `hit; fwd=stale; fwd-status=${reply.status}`))
        flight?.land()
        return
      }
      if (!x.isForwarded) {
        flight?.land()
        return
      }
      const keeping =
        x.request.method === 'GET' ? keepingOf(reply, x, config, { ...question, now }) : undefined
      const forwarded = `fwd=${fetched.why}; fwd-status=${reply.status}`
      if (keeping === undefined) {
        // What is kept is no longer what the backend says.
        if (old !== undefined && x.request.method === 'GET' && reply.status < 500) store.drop(old.key)
        flight?.land(x.request.method === 'GET' && reply.status < 500)
        markReply(reply.headers, forwarded)
        return
      }
      markReply(reply.headers, `${forwarded}; stored`)
      const key =
        keeping.partition === 'shared' ? question.sharedKey : (question.ownKey ?? question.sharedKey)
      keepWhileRead(x, reply, key, { ...keeping.kept, generation: question.generation }, flight)
    }

    /** The backend says that what is kept is still good (RFC 9111 §4.3.4). */
    function freshen(
      x: Exchange,
      reply: Reply,
      fetched: Extract<Plan, { kind: 'fetch' }>,
      now: number,
    ): void {
      const { old, question, flight } = fetched
      if (old === undefined) return
      const fields = freshened(old.reply.fields, reply.headers)
      const renewed: Reply = { status: old.reply.status, headers: new HeaderList(fields) }
      const keeping = keepingOf(renewed, x, config, { ...question, now })
      const kept: KeptReply = { ...old.reply, ...keeping?.kept, fields: keeping?.kept.fields ?? fields }
      store.drop(old.key)
      if (keeping !== undefined) {
        const key =
          keeping.partition === 'shared' ? question.sharedKey : (question.ownKey ?? question.sharedKey)
        store.keep(key, kept, x.request.headers)
      }
      replaceReply(reply, answerWith(kept, x, now, 'hit; fwd=stale; fwd-status=304'))
      flight?.land(keeping === undefined)
    }

    function keepWhileRead(
      x: Exchange,
      reply: Reply,
      key: string,
      kept: Omit<KeptReply, 'body'>,
      flight: Flight | undefined,
    ): void {
      const chunks: Uint8Array[] = []
      let bytes = 0
      const { trailers } = reply
      reply.body = watchedReply(reply.body, {
        chunk(chunk) {
          bytes += chunk.byteLength
          if (bytes <= config.maxReplyBytes) chunks.push(Buffer.from(chunk))
          else flight?.land(true)
        },
        end() {
          const isWhole = bytes <= config.maxReplyBytes && (trailers?.().length ?? 0) === 0
          if (isWhole) store.keep(key, { ...kept, body: Buffer.concat(chunks, bytes) }, x.request.headers)
          flight?.land(!isWhole)
        },
        gone: () => flight?.land(),
      })
    }

    return {
      onRequest: judge,
      onReply(x, reply) {
        const planned = note.of(x)
        if (planned === undefined) return
        if (planned.kind === 'fetch') settle(x, reply, planned)
        else if (planned.kind === 'bypass') markReply(reply.headers, `fwd=bypass; detail="${planned.why}"`)
        else if (x.isForwarded && reply.status < 400) generations.bump(planned.place)
      },
    }
  },
}

/** The reply may be used as it is for so long while somebody asks the backend (RFC 5861 §3). */
function mayWaitForUpdate(reply: KeptReply, wishes: Directives, now: number): boolean {
  if (wishes.has('no-cache') || wishes.has('max-age') || wishes.has('min-fresh')) return false
  const { alwaysAsk, staleWhileRevalidateMillis: most } = reply.terms
  return most > 0 && !alwaysAsk && -freshLeft(reply, now) <= most
}

/** RFC 5861 §4. */
function maySaveFromError({ terms, ...rest }: KeptReply, now: number): boolean {
  return terms.staleIfErrorMillis > 0 && -freshLeft({ terms, ...rest }, now) <= terms.staleIfErrorMillis
}

/** Nobody will read it. That giving it up fails is as good as that. */
function letGo({ body }: Reply): void {
  discardBody(body).catch(() => undefined)
}
