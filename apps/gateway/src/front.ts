import type { ServerTls } from '@portcullis/http1/server/tls'
import type { Sample } from '@portcullis/kernel/metric'
import type { News } from '@portcullis/model/news/news'
import type { ForwarderLimits } from './forwarder/forwarder.ts'
import type { Address, ListenerLimits } from './listener/listener.ts'
import type { PackedRevision } from './reader/packed-revision.ts'
import type { StandingCount } from './standing/standing-calls.ts'

/** What takes calls and answers them, in one thread or in several. It enforces what it was last given. */
export interface Front {
  /**
   * Gets everything ready that `swap` needs while calls go on. Rejects with a fault of `revision.*` where it can't be
   * enforced to the letter; then nothing has changed.
   */
  load(revision: PackedRevision): Promise<void>
  /**
   * Puts the revisions of these names, and no others, in force. They are, for every new call, when it resolves. Each was
   * loaded before.
   */
  swap(names: readonly string[]): Promise<void>
  /** Goes by these from now on, such as tokens and keys that are over. It does when this resolves. */
  learn(news: News): Promise<void>
  /** Begins to take calls; port 0 takes a free one. Resolves to the port, rejects when the address can't be had. */
  listen(address: Omit<Address, 'reusePort'>): Promise<number>
  /** Shows others for every new connection; those that are open stay. Rejects when one can't be used. */
  replaceCertificates(tls: ServerTls): Promise<void>
  /** The names of the revisions in force, such as `hmart/production#3`. */
  live(): string[]
  threads(): Promise<readonly ThreadState[]>
  /** What is measured, by the families of `metric/families.ts`; of all threads together. */
  measure(): Promise<readonly Sample[]>
  /** Takes no more calls, waits for those under way, and cuts off what is left after that time. */
  drain(millis: number): Promise<void>
  /** Hands over what is still to be told and gives up the rest. */
  close(): Promise<void>
}

/** What one thread that takes calls has to say of itself. */
export interface ThreadState {
  /** Counted from 1; a thread that is replaced leaves its number to the next. */
  readonly thread: number
  /** Calls that it has taken since it began. */
  readonly calls: number
  readonly live: readonly string[]
  /** The calls that go on after they were answered. */
  readonly standing: readonly StandingCount[]
}

export interface FrontLimits {
  readonly listener: ListenerLimits
  readonly forwarder: ForwarderLimits
}
