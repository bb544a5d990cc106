/**
 * What steps remember of an object that outlives a call, kept with the object itself: a look-up touches nothing else
 * and nothing has to be swept, which makes it far cheaper than a `WeakMap`. It is no member that a copy would take over:
 * what follows from an object never passes to one that was made of it.
 */
const KEPT: unique symbol = Symbol('what steps remember')

/** Of one object. Beyond that all is forgotten, as old revisions leave things behind. */
const MAX_KEPT = 64

interface Keeper {
  readonly [KEPT]?: unknown[]
}

export interface Memory<V> {
  of(holder: object): V | undefined
  keep(holder: object, value: V): void
}

/** A memory of its own: nobody else sees what is kept here. An object that can't be extended remembers nothing. */
export function rememberWith<V>(): Memory<V> {
  const memory: Memory<V> = {
    of(holder) {
      const kept = (holder as Keeper)[KEPT]
      if (kept === undefined) return undefined
      for (let i = 0; i < kept.length; i += 2) if (kept[i] === memory) return kept[i + 1] as V
      return undefined
    },
    keep(holder, value) {
      const kept = (holder as Keeper)[KEPT]
      if (kept === undefined) {
        if (Object.isExtensible(holder)) Object.defineProperty(holder, KEPT, { value: [memory, value] })
        return
      }
      const at = kept.indexOf(memory)
      if (at >= 0) kept[at + 1] = value
      else {
        if (kept.length >= MAX_KEPT * 2) kept.length = 0
        kept.push(memory, value)
      }
    },
  }
  return memory
}
