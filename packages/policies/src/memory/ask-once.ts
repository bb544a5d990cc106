import { RecentMap } from './recent-map.ts'

/** What was learnt, and how long it counts; 0 for not at all. */
export interface Learnt<T> {
  readonly value: T
  readonly keepMillis: number
}

interface Kept<T> {
  readonly value: T
  /** Milliseconds since the epoch. */
  readonly until: number
}

/**
 * Asks once for all who want to know the same at a time, and remembers the answer for a while. Of a failure nothing is
 * remembered. `name` stands for the question: a hash, where the question is not for memory.
 */
export type AskOnce<T> = (name: string, nowMillis: number, ask: () => Promise<Learnt<T>>) => T | Promise<T>

/** Remembers at most `capacity` answers. */
export function askingOnce<T>(capacity: number): AskOnce<T> {
  const kept = new RecentMap<Kept<T>>(capacity)
  const asking = new Map<string, Promise<T>>()

  async function learn(name: string, nowMillis: number, ask: () => Promise<Learnt<T>>): Promise<T> {
    try {
      const { value, keepMillis } = await ask()
      if (keepMillis > 0) kept.set(name, { value, until: nowMillis + keepMillis })
      return value
    } finally {
      asking.delete(name)
    }
  }

  return (name, nowMillis, ask) => {
    const known = kept.get(name)
    if (known !== undefined && nowMillis < known.until) return known.value
    const before = asking.get(name)
    if (before !== undefined) return before
    const answer = learn(name, nowMillis, ask)
    asking.set(name, answer)
    return answer
  }
}
