/** The place of one member, by which he leaves. */
export interface Seat<T> {
  readonly member: T
  /** Kept by the crowd. */
  index: number
}

/**
 * Those who are there, in no order, where many come and go. A `Set` is copied whenever the places of those who left have
 * filled it, and each copy is led to by the one before it: once one of them is old, the collector of the young
 * generation keeps all that come after it, and with them whoever was in one of them, though they left long ago. Here who
 * leaves is gone.
 */
export class Crowd<T> {
  readonly #seats: Seat<T>[] = []

  get size(): number {
    return this.#seats.length
  }

  join(member: T): Seat<T> {
    const seat = { member, index: this.#seats.length }
    this.#seats.push(seat)
    return seat
  }

  /** Does nothing the second time. */
  leave(seat: Seat<T>): void {
    if (this.#seats[seat.index] !== seat) return
    const last = this.#seats.pop() as Seat<T>
    if (last === seat) return
    this.#seats[seat.index] = last
    last.index = seat.index
  }

  /** Tells everybody who is there; any of them may leave meanwhile. Who comes meanwhile is not told. */
  each(tell: (member: T) => void): void {
    // Backwards: who takes the place of one who leaves has been told already.
    for (let i = this.#seats.length - 1; i >= 0; i--) {
      const seat = this.#seats[i]
      if (seat !== undefined) tell(seat.member)
    }
  }
}
