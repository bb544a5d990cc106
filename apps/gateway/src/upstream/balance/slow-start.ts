/** Nobody starts with less than a tenth, or it would never warm up. */
const LEAST = 0.1

/** The part of its weight that a target gets so long after it came into service. */
export function rampOf(sinceMillis: number, slowStartMillis: number): number {
  if (sinceMillis >= slowStartMillis) return 1
  return Math.max(LEAST, sinceMillis / slowStartMillis)
}
