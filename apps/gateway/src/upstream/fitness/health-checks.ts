import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Body } from '@portcullis/policy-kit/message/reply'
import type { BalancedUpstream } from '../balance/balanced-upstream.ts'
import type { Target } from '../balance/target.ts'
import type { CheckRules } from './check-streak.ts'

/** The first check comes soon, so that a target which is down at the start is known to be. */
const MAX_FIRST_MILLIS = 1_000
/** Of an answer so much is read, that its connection can be used again; of a longer one the connection is given up. */
const MAX_BODY_BYTES = 65_536

/** Asks every target of an upstream now and then, one question at a time, never all targets at the same moment. */
export class HealthChecks {
  readonly #upstream: BalancedUpstream
  readonly #rules: CheckRules
  #running: AbortController | undefined

  constructor(upstream: BalancedUpstream, rules: CheckRules) {
    this.#upstream = upstream
    this.#rules = rules
  }

  start(): void {
    if (this.#running !== undefined) return
    this.#running = new AbortController()
    const first = Math.min(MAX_FIRST_MILLIS, this.#rules.intervalMillis)
    for (const target of this.#upstream.targets) {
      this.#plan(target, first * this.#upstream.parts.random(), this.#running.signal)
    }
  }

  /** Nothing more is asked, and what is under way is given up. */
  stop(): void {
    this.#running?.abort()
    this.#running = undefined
  }

  #plan(target: Target, millis: number, stopped: AbortSignal): void {
    const cancel = (): void => clearTimeout(timer)
    const timer = setTimeout(() => {
      stopped.removeEventListener('abort', cancel)
      this.#check(target, stopped).then((good) => {
        if (stopped.aborted) return
        const turn = target.learnCheck(good, this.#upstream.rules, this.#upstream.parts.now())
        if (turn !== undefined) this.#upstream.tell(turn, target)
        this.#plan(target, this.#jittered(), stopped)
      })
    }, millis)
    // A question that nobody waits for keeps no process alive.
    timer.unref()
    stopped.addEventListener('abort', cancel, { once: true })
  }

  /** Never rejects: whatever goes wrong is a bad answer. */
  async #check(target: Target, stopped: AbortSignal): Promise<boolean> {
    const { path, timeoutMillis, expectStatus } = this.#rules
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(timeoutMillis)])
    try {
      const reply = await this.#upstream.parts.forwarder.forward({
        origin: target.origin,
        method: 'GET',
        target: path,
        headers: HeaderList.of({ 'User-Agent': 'portcullis-health-check', Accept: '*/*' }),
        body: undefined,
        signal,
        tls: this.#upstream.parts.tls,
        protocol: this.#upstream.declared.protocol,
      })
      await readAway(reply.body)
      return expectStatus.includes(reply.status)
    } catch {
      // Which of the many ways to fail it was is told by the calls; here it counts that it failed.
      return false
    }
  }

  #jittered(): number {
    return this.#rules.intervalMillis * (0.9 + this.#upstream.parts.random() / 5)
  }
}

async function readAway(body: Body | undefined): Promise<void> {
  if (body === undefined || body instanceof Uint8Array) return
  let bytes = 0
  for await (const piece of body) {
    bytes += piece.byteLength
    if (bytes > MAX_BODY_BYTES) break
  }
}
