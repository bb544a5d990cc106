import type { UpstreamTls } from '@portcullis/http1/client/upstream-tls'
import { canonicalJson } from '@portcullis/kernel/json'
import type { Upstream } from '@portcullis/model/resource/upstream'
import type { Log } from '@portcullis/ports/log/port'
import type { Forwarder } from '../forwarder/forwarder.ts'
import { BalancedUpstream, type UpstreamParts, type UpstreamStatus } from './balance/balanced-upstream.ts'
import type { Target } from './balance/target.ts'

/** The upstreams of all revisions in force that need a choice to be made. They outlive the revisions. */
export interface Upstreams {
  /**
   * The upstream of a place: the one in force while its declaration is the same, else a new one that takes over what is
   * known of the targets. `undefined` where calls go straight to the one target.
   */
  prepare(place: string, declared: Upstream, tls?: UpstreamTls): BalancedUpstream | undefined
  /** Puts exactly these in force. The others are asked nothing more; calls under way there go on to their end. */
  use(prepared: readonly BalancedUpstream[]): void
  status(): UpstreamStatus[]
  /** Targets that are in force no more, and how many calls to them are still under way. */
  draining(): { readonly target: string; readonly inFlight: number }[]
  close(): void
}

export interface UpstreamsOptions extends Partial<Pick<UpstreamParts, 'now' | 'random'>> {
  readonly forwarder: Pick<Forwarder, 'forward'>
  readonly log: Log
}

export function openUpstreams(options: UpstreamsOptions): Upstreams {
  const { forwarder, log } = options
  const parts: UpstreamParts = {
    forwarder,
    log,
    now: options.now ?? (() => performance.now()),
    random: options.random ?? Math.random,
  }
  let inForce = new Map<string, BalancedUpstream>()
  const leaving = new Set<Target>()

  function use(prepared: readonly BalancedUpstream[]): void {
    const before = inForce
    inForce = new Map(prepared.map((each) => [each.place, each]))
    const kept = new Set(prepared.flatMap((each) => each.targets))
    for (const each of before.values()) {
      if (inForce.get(each.place) !== each) each.stop()
      for (const target of each.targets) if (!kept.has(target)) leave(each, target)
    }
    for (const target of leaving) if (target.inFlight === 0 || kept.has(target)) leaving.delete(target)
    for (const each of prepared) each.start()
  }

  function leave(upstream: BalancedUpstream, target: Target): void {
    leaving.add(target)
    const { inFlight, name } = target
    log.info('a target is declared no more; calls under way go on', {
      upstream: upstream.place,
      target: name,
      inFlight,
    })
  }

  return {
    prepare(place, declared, tls) {
      if (isDirect(declared)) return undefined
      const present = inForce.get(place)
      const isSame = (each: BalancedUpstream): boolean =>
        each.parts.tls === tls && canonicalJson(each.declared) === canonicalJson(declared)
      if (present !== undefined && isSame(present)) return present
      return new BalancedUpstream(place, declared, { ...parts, tls }, present)
    },
    use,
    status: () => [...inForce.values()].map((each) => each.status()),
    draining() {
      for (const each of leaving) if (each.inFlight === 0) leaving.delete(each)
      return [...leaving].map(({ name, inFlight }) => ({ target: name, inFlight }))
    },
    close: () => use([]),
  }
}

/** One target that is used whatever it answers: there is nothing to choose, to count or to wait for. */
function isDirect({ targets, circuitBreaker, timeouts }: Upstream): boolean {
  const hasTimes = timeouts.attempt !== undefined || timeouts.total !== undefined
  return targets.length === 1 && circuitBreaker === undefined && !hasTimes
}
