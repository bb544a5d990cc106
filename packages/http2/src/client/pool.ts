import type { Socket } from 'node:net'
import type { LookClock } from '../look-clock.ts'
import type { ClientRequest, Response } from '../message.ts'
import { ClientError } from './client-error.ts'
import type { ClientLimits } from './client-limits.ts'
import { Session, type SessionOwner } from './session.ts'
import { Transfer, type TransferOwner } from './transfer.ts'

export interface PoolCounts {
  /** Connections, those that are still being made and those unused among them. */
  readonly open: number
  readonly connecting: number
  readonly idle: number
  /** Those that take nothing more and end with what is under way. */
  readonly leaving: number
  /** Requests, those that wait for a connection among them. */
  readonly underWay: number
  readonly waiting: number
}

/** The connections to one origin. The first one with room is used, so that those not needed grow idle and go. */
export class Pool implements SessionOwner, TransferOwner {
  readonly #origin: string
  readonly #connect: () => Socket
  readonly #limits: ClientLimits
  readonly #clock: LookClock
  readonly #sessions = new Set<Session>()
  /** They take nothing more, and end with what is under way. */
  readonly #retired = new Set<Session>()
  readonly #waiting = new Set<Transfer>()
  #underWay = 0
  #isClosed = false

  constructor(origin: string, connect: () => Socket, limits: ClientLimits, clock: LookClock) {
    this.#origin = origin
    this.#connect = connect
    this.#limits = limits
    this.#clock = clock
  }

  get isUnused(): boolean {
    return this.#sessions.size === 0 && this.#underWay === 0
  }

  counts(): PoolCounts {
    const sessions = [...this.#sessions]
    const leaving = [...this.#retired].filter((each) => !each.isOver).length
    return {
      open: sessions.length + leaving,
      connecting: sessions.filter((each) => each.isConnecting).length,
      idle: sessions.filter((each) => each.isIdle).length,
      leaving,
      underWay: this.#underWay,
      waiting: this.#waiting.size,
    }
  }

  send(request: ClientRequest): Promise<Response> {
    const transfer = new Transfer(
      request,
      this.#origin.slice(0, this.#origin.indexOf(':')),
      this.#limits,
      this.#clock,
      this,
    )
    this.#underWay++
    if (this.#waiting.size >= this.#limits.maxWaitingPerOrigin)
      transfer.fail(new ClientError('too-many-waiting'))
    else this.#enqueue(transfer)
    return transfer.promise
  }

  onOver(transfer: Transfer): void {
    this.#underWay--
    this.#waiting.delete(transfer)
  }

  onRefused(transfer: Transfer): void {
    // A turn later: what refused it may be on its way to say that it takes nothing more.
    setImmediate(() => this.#enqueue(transfer))
  }

  onRoom(): void {
    for (const session of this.#sessions) {
      for (const transfer of this.#waiting) {
        if (!session.hasRoom) break
        this.#waiting.delete(transfer)
        session.take(transfer)
      }
    }
    this.#grow()
  }

  onGone(session: Session, error: ClientError | undefined): void {
    if (!this.#sessions.delete(session)) return
    if (error === undefined) this.#retired.add(session)
    // Nobody else would connect any better: whoever waits learns of it.
    if (error !== undefined && ![...this.#sessions].some((each) => each.hasRoom || each.isConnecting)) {
      for (const transfer of [...this.#waiting]) transfer.fail(error)
    }
    this.#grow()
  }

  check(now: number): void {
    for (const session of this.#sessions) session.check(now)
    for (const session of this.#retired) {
      if (session.isOver) this.#retired.delete(session)
      else session.check(now)
    }
    for (const transfer of this.#waiting) transfer.check(now)
  }

  close(): void {
    this.#isClosed = true
    for (const transfer of [...this.#waiting]) transfer.fail(new ClientError('closed'))
    for (const session of [...this.#sessions, ...this.#retired]) session.close()
  }

  #enqueue(transfer: Transfer): void {
    this.#waiting.add(transfer)
    this.onRoom()
  }

  /** One more connection while somebody waits and none is being made. */
  #grow(): void {
    if (this.#isClosed || this.#waiting.size === 0) return
    if (this.#sessions.size >= this.#limits.maxSessionsPerOrigin) return
    if ([...this.#sessions].some((each) => each.isConnecting)) return
    this.#sessions.add(new Session(this.#origin, this.#connect(), this.#limits, this.#clock, this))
  }
}
