/** What a PHC string of Argon2id says. */
export interface Argon2idHash {
  readonly memoryKibibytes: number
  readonly passes: number
  readonly lanes: number
  readonly salt: Buffer
  readonly tag: Buffer
}

const PHC =
  /^\$argon2id\$v=19\$m=([1-9]\d{0,6}),t=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

/** Limits on what a stored hash may make us spend: 256 MiB, 16 passes, 16 lanes. */
const MAX = { memoryKibibytes: 262_144, passes: 16, lanes: 16 } as const

/** `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>` in unpadded base64, as the PHC string format writes it. */
export function formatPhc(hash: Argon2idHash): string {
  const cost = `m=${hash.memoryKibibytes},t=${hash.passes},p=${hash.lanes}`
  return `$argon2id$v=19$${cost}$${unpadded(hash.salt)}$${unpadded(hash.tag)}`
}

/** Absent for anything that is not an Argon2id hash of version 1.3 within the limits. */
export function parsePhc(text: string): Argon2idHash | undefined {
  const match = PHC.exec(text)
  if (match === null) return undefined
  const [, memory, passes, lanes, salt, tag] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  const hash: Argon2idHash = {
    memoryKibibytes: Number(memory),
    passes: Number(passes),
    lanes: Number(lanes),
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  }
  // RFC 9106 §3.1: at least 8 KiB for each lane.
  const fits =
    hash.memoryKibibytes >= 8 * hash.lanes &&
    hash.memoryKibibytes <= MAX.memoryKibibytes &&
    hash.passes <= MAX.passes &&
    hash.lanes <= MAX.lanes
  // Written again it must be the same text: base64 has more than one spelling of some bytes.
  return fits && formatPhc(hash) === text ? hash : undefined
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '')
}
