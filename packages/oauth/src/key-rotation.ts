/** Where a signing key stands. Every key passes through all three. */
export const keyStages = ['next', 'current', 'previous'] as const
export type KeyStage = (typeof keyStages)[number]

/** What is known of a signing key without the key. Times are milliseconds since the epoch. */
export interface KeyRecord {
  readonly kid: string
  readonly algorithm: string
  readonly stage: KeyStage
  /** Since when it is published. */
  readonly publishedAt: number
  /** Since when it is in this stage. */
  readonly since: number
}

export interface RotationTimes {
  /** How long a key signs. */
  readonly signsMillis: number
  /** How long a key is published before it signs: no verifier may keep an older set of keys for longer. */
  readonly announcedMillis: number
  /** How long a key is published after its last signature: no token may live longer. */
  readonly lingersMillis: number
}

/** What becomes of the keys of one algorithm. */
export interface Rotation<K extends KeyRecord> {
  readonly keys: readonly K[]
  /** How many new keys are wanted, and for which stage. */
  readonly wanted: readonly KeyStage[]
  /** When the next change is due. */
  readonly dueAt: number
}

/**
 * The keys as they should be now: one that signs, one that is announced, and those whose tokens may still live. Nothing
 * signs before it was announced for its time, except where there is nothing else: the very first key, or after a
 * compromised one was taken out.
 *
 * @param demandedAt when an operator asked for a new key; it signs as soon as it was announced for its time
 */
export function rotate<K extends KeyRecord>(
  keys: readonly K[],
  times: RotationTimes,
  nowMillis: number,
  demandedAt?: number,
): Rotation<K> {
  const kept = keys.filter(
    ({ stage, since }) => stage !== 'previous' || nowMillis < since + times.lingersMillis,
  )
  const current = kept.find(({ stage }) => stage === 'current')
  const next = kept.find(({ stage }) => stage === 'next')
  const isDemanded = current !== undefined && demandedAt !== undefined && demandedAt > current.since
  const moved = moves(current, next, times, nowMillis, isDemanded)
    ? kept.map((key) => advanced(key, nowMillis))
    : kept
  const wanted = (['current', 'next'] as const).filter((stage) => !moved.some((key) => key.stage === stage))
  return { keys: moved, wanted, dueAt: dueAt(moved, times, nowMillis, isDemanded && moved === kept) }
}

function moves(
  current: KeyRecord | undefined,
  next: KeyRecord | undefined,
  times: RotationTimes,
  now: number,
  isDemanded: boolean,
): boolean {
  if (next === undefined) return false
  if (current === undefined) return true
  const isAnnounced = now >= next.publishedAt + times.announcedMillis
  return isAnnounced && (isDemanded || now >= current.since + times.signsMillis)
}

function advanced<K extends KeyRecord>(key: K, since: number): K {
  if (key.stage === 'previous') return key
  return { ...key, stage: key.stage === 'next' ? 'current' : 'previous', since }
}

function dueAt(keys: readonly KeyRecord[], times: RotationTimes, now: number, isDemanded: boolean): number {
  const current = keys.find(({ stage }) => stage === 'current')
  const next = keys.find(({ stage }) => stage === 'next')
  // What is missing is made at once, and then asked again.
  if (current === undefined || next === undefined) return now
  const announced = next.publishedAt + times.announcedMillis
  const turn = isDemanded ? announced : Math.max(announced, current.since + times.signsMillis)
  const ends = keys
    .filter(({ stage }) => stage === 'previous')
    .map(({ since }) => since + times.lingersMillis)
  return Math.min(turn, ...ends)
}
