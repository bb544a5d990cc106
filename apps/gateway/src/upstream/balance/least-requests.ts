/**
 * Draws two by weight and takes the one with less to do for its weight: nearly as even as asking all of them, and
 * without the herd that runs to the one which looks idle (Mitzenmacher, "The Power of Two Choices", 2001).
 *
 * `random` gives numbers from 0 up to, but not including, 1. A weight of 0 is never drawn. Returns -1 when nobody has
 * any weight.
 */
export function drawLeast(
  weights: readonly number[],
  inFlight: (index: number) => number,
  random: () => number,
): number {
  let total = 0
  for (const weight of weights) total += weight
  if (total === 0) return -1
  const first = at(weights, random() * total)
  // The second is drawn among the others: two of one would be no choice.
  const rest = total - (weights[first] as number)
  if (rest <= 0) return first
  const second = at(weights, random() * rest, first)
  const load = (i: number): number => (inFlight(i) + 1) / (weights[i] as number)
  return load(second) < load(first) ? second : first
}

/** The index that a point on the line of all weights falls on. */
function at(weights: readonly number[], point: number, without = -1): number {
  let left = point
  let last = -1
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number
    if (weight === 0 || i === without) continue
    last = i
    left -= weight
    if (left < 0) return i
  }
  // Sums of fractions are not exact; what is left over belongs to the last.
  return last
}
