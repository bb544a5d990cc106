import type { IpAddress } from '../address/ip-address.ts'
import { hostBits, type IpRange, readRange } from './range.ts'

/** Finds the narrowest of many ranges that contains an address; answers with the text it was written as. */
export interface RangeTable {
  readonly isEmpty: boolean
  find(address: IpAddress): string | undefined
}

/**
 * Compiles ranges for look-up. Networks lie within each other or apart, so they are flattened into segments that
 * do not overlap, each with the narrowest rule that covers it; a look-up is one binary search over packed numbers.
 *
 * @throws RangeError on a text that `readRange` finds a problem with; schemas have said so before.
 */
export function compileRanges(texts: readonly string[]): RangeTable {
  const rules = texts.map((text) => ({ text, range: rangeOf(text) }))
  const ipv4 = flatten(rules.filter(({ range }) => range.first.length === 1))
  const ipv6 = flatten(rules.filter(({ range }) => range.first.length === 4))
  return {
    isEmpty: texts.length === 0,
    find: (address) => (address.length === 1 ? ipv4 : ipv6).find(address),
  }
}

interface Rule {
  readonly text: string
  readonly range: IpRange
}

function rangeOf(text: string): IpRange {
  const reading = readRange(text)
  if ('problem' in reading) throw new RangeError(`"${text.slice(0, 64)}": ${reading.problem}`)
  return reading.range
}

/** Where a segment begins, and the rule that holds from there to the next one. */
class Segments {
  readonly #starts: Uint32Array
  readonly #rules: readonly (string | undefined)[]
  readonly #words: number

  constructor(starts: readonly IpAddress[], rules: readonly (string | undefined)[]) {
    this.#words = starts[0]?.length ?? 1
    this.#starts = Uint32Array.from(starts.flat())
    this.#rules = rules
  }

  find(address: IpAddress): string | undefined {
    let low = 0
    let high = this.#rules.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#isAfter(middle, address)) high = middle
      else low = middle + 1
    }
    return low === 0 ? undefined : this.#rules[low - 1]
  }

  #isAfter(segment: number, address: IpAddress): boolean {
    for (let i = 0; i < this.#words; i++) {
      const start = this.#starts[segment * this.#words + i] as number
      const sought = address[i] as number
      if (start !== sought) return start > sought
    }
    return false
  }
}

function flatten(rules: readonly Rule[]): Segments {
  const starts: IpAddress[] = []
  const names: (string | undefined)[] = []
  const begin = (at: IpAddress, name: string | undefined): void => {
    // A narrower rule may begin where a wider one does, and one may begin where another ends: the later word counts.
    if (starts.length > 0 && compare(starts.at(-1) as IpAddress, at) === 0) {
      names[names.length - 1] = name
      return
    }
    starts.push(at)
    names.push(name)
  }

  const open: Rule[] = []
  const closeBefore = (at: IpAddress | undefined): void => {
    for (let inner = open.at(-1); inner !== undefined; inner = open.at(-1)) {
      const end = afterLast(inner.range)
      if (at !== undefined && (end === undefined || compare(end, at) > 0)) return
      open.pop()
      if (end !== undefined) begin(end, open.at(-1)?.text)
    }
  }

  for (const rule of rules.toSorted((a, b) => compareRanges(a.range, b.range))) {
    closeBefore(rule.range.first)
    open.push(rule)
    begin(rule.range.first, rule.text)
  }
  closeBefore(undefined)
  return new Segments(starts, names)
}

/** By beginning, the wider first: a range comes before those within it. */
function compareRanges(a: IpRange, b: IpRange): number {
  return compare(a.first, b.first) || a.prefixLength - b.prefixLength
}

function compare(a: IpAddress, b: IpAddress): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return 0
}

/** The address after the last of a range; `undefined` when there is none. */
function afterLast({ first, prefixLength }: IpRange): IpAddress | undefined {
  const words: number[] = [...first]
  // The word in which the prefix ends grows by one network; words behind it are zero and stay so.
  const last = Math.max(0, Math.ceil(prefixLength / 32) - 1)
  let carry = 2 ** hostBits(prefixLength, last)
  for (let i = last; i >= 0; i--) {
    const sum = (words[i] as number) + carry
    words[i] = sum % 2 ** 32
    if (sum < 2 ** 32) return words as unknown as IpAddress
    carry = 1
  }
  return undefined
}
