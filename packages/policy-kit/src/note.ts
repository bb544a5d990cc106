import type { Exchange } from './exchange.ts'

/**
 * What a step learns on the way in and needs on the way out. It is kept in the exchange and ends with it, and only who
 * has the note can read it. Far cheaper than a `WeakMap` of exchanges, of which there is a new one for every call.
 */
export class Note<T> {
  /** What was written last; `undefined` where nothing was. */
  of({ notes }: Exchange): T | undefined {
    if (notes === undefined) return undefined
    for (let i = notes.length - 2; i >= 0; i -= 2) if (notes[i] === this) return notes[i + 1] as T
    return undefined
  }

  write(x: Exchange, value: T): void {
    x.notes ??= []
    x.notes.push(this, value)
  }
}
