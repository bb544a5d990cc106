const MILLIS_OF_UNIT: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
}

/** What a timer can wait for: longer is for ever. */
const MAX_MILLIS = 2 ** 31 - 1

/** The milliseconds of a `grpc-timeout`: up to eight digits and a unit; undefined for anything else. */
export function readGrpcTimeout(value: string): number | undefined {
  const [, digits, unit] = /^([0-9]{1,8})([HMSmun])$/.exec(value) ?? []
  if (digits === undefined || unit === undefined) return undefined
  return Math.min(MAX_MILLIS, Math.ceil(Number(digits) * (MILLIS_OF_UNIT[unit] ?? 0)))
}
