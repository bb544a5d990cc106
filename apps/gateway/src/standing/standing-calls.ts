import { appOfDocument } from '@portcullis/model/client-document'
import type { EndReason } from '@portcullis/model/decision/ending'
import type { Disconnection, StandingFilter } from '@portcullis/model/news/disconnection'
import type { Revision } from '@portcullis/model/revision'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Revocations } from '@portcullis/ports/revocations/port'
import type { StandingCall } from './standing-call.ts'

/** How many calls stand, of one app at one operation. */
export interface StandingCount {
  readonly kind: StandingCall['kind']
  readonly organization: string
  readonly environment: string
  readonly api: string
  readonly version: string
  readonly operation: string
  /** Absent where nobody was identified. */
  readonly client?: string
  readonly count: number
}

/** The calls that go on after they were answered: while they stand, what let them begin must stay true. */
export interface StandingCalls {
  /** Returns what takes it out again. */
  add(x: Exchange, call: StandingCall): () => void
  /** Ends what these revisions, which are in force from now on, would not let begin any more. */
  keepTo(revisions: readonly Revision[]): void
  /** Ends those that are meant and began before; how many there were. */
  disconnect(wanted: Omit<Disconnection, 'position'>): number
  counts(): StandingCount[]
  /** Ends all of them. Resolves when none is left; whoever closes the connections sees to it that this comes about. */
  end(reason: EndReason): Promise<void>
}

export interface StandingCallsOptions {
  readonly clock: Clock
  readonly revocations: Revocations | undefined
  /** Between two looks at all of them: how late an expired token may be noticed. */
  readonly tickMillis?: number | undefined
}

interface Entry {
  readonly x: Exchange
  readonly call: StandingCall
}

export function openStandingCalls({
  clock,
  revocations,
  tickMillis = 250,
}: StandingCallsOptions): StandingCalls {
  const entries = new Set<Entry>()
  let ticking: NodeJS.Timeout | undefined
  let unwatch: (() => void) | undefined
  const emptied: (() => void)[] = []

  function start(): void {
    ticking ??= setInterval(tick, tickMillis).unref()
    unwatch ??= revocations?.watch(endRevoked)
  }

  function stop(): void {
    clearInterval(ticking)
    unwatch?.()
    ticking = undefined
    unwatch = undefined
    for (const tell of emptied.splice(0)) tell()
  }

  function tick(): void {
    const [now, monotonic] = [clock.now(), performance.now()]
    for (const { x, call } of entries) {
      if (x.principal !== undefined && x.principal.expiresAt <= now) call.end('token-expired')
      call.check(monotonic)
    }
  }

  function endRevoked(): void {
    for (const { x, call } of entries) {
      const token = x.principal?.token
      if (token !== undefined && revocations?.covers(token)) call.end('token-revoked')
    }
  }

  return {
    add(x, call) {
      const entry = { x, call }
      entries.add(entry)
      start()
      // What was revoked between the step that asked and now is told to nobody again.
      const token = x.principal?.token
      if (token !== undefined && revocations?.covers(token)) call.end('token-revoked')
      return () => {
        if (entries.delete(entry) && entries.size === 0) stop()
      }
    },
    keepTo(revisions) {
      for (const { x, call } of entries) {
        const reason = lostIn(revisions, x)
        if (reason !== undefined) call.end(reason)
      }
    },
    disconnect(wanted) {
      const meant = [...entries].filter(({ x }) => isMeant(wanted, x))
      for (const { call } of meant) call.end('disconnected')
      return meant.length
    },
    counts: () => count(entries),
    async end(reason) {
      for (const { call } of entries) call.end(reason)
      if (entries.size === 0) return
      await new Promise<void>((resolve) => emptied.push(resolve))
    },
  }
}

/** What a standing call has lost since it began, by the revisions that are in force now. */
function lostIn(
  revisions: readonly Revision[],
  { revision, match, subscriber, principal }: Exchange,
): EndReason | undefined {
  const now = revisions.find(
    (each) => each.organization === revision.organization && each.environment === revision.environment,
  )
  if (now === revision) return undefined
  const api = now?.apis.find(({ api, version }) => api === match?.api.api && version === match.api.version)
  const isServed = api?.operations.some(({ id }) => id === match?.operation.id)
  if (now === undefined || isServed !== true) return 'operation-gone'
  if (subscriber === undefined) return undefined
  const stands =
    principal?.app === undefined || appOfDocument(now.documentApps, principal.client) === principal.app
  const isSubscribed = now.subscriptions.some(
    ({ subscription, product, plan, apis }) =>
      subscription === subscriber.subscription &&
      product === subscriber.product &&
      plan === subscriber.plan &&
      apis.some((each) => each.api === match?.api.api && each.version === match?.api.version),
  )
  return stands && isSubscribed ? undefined : 'subscription-gone'
}

function isMeant({ organization, filter, before }: Omit<Disconnection, 'position'>, x: Exchange): boolean {
  const { id, revision, match, principal } = x
  if (revision.organization !== organization || x.receivedAt > before) return false
  const has: Required<StandingFilter> = {
    environment: revision.environment,
    api: match?.api.api,
    operation: match?.operation.id,
    client: principal?.client,
    subject: principal?.subject,
    decision: id,
  }
  return Object.entries(filter).every(
    ([key, value]) => value === undefined || has[key as keyof StandingFilter] === value,
  )
}

function count(entries: Iterable<Entry>): StandingCount[] {
  const counts = new Map<string, StandingCount>()
  for (const { x, call } of entries) {
    const { organization, environment } = x.revision
    const { api = '', version = '' } = x.match?.api ?? {}
    const operation = x.match?.operation.id ?? ''
    const client = x.principal?.client
    const key = JSON.stringify([call.kind, organization, environment, api, version, operation, client])
    const known = counts.get(key)?.count ?? 0
    const who = client === undefined ? {} : { client }
    counts.set(key, {
      kind: call.kind,
      organization,
      environment,
      api,
      version,
      operation,
      ...who,
      count: known + 1,
    })
  }
  return [...counts.values()]
}
