/**
 * SipHash-1-3 (Aumasson, Bernstein 2012, with the rounds that hash tables use) of a text's UTF-16 code units. Keyed:
 * who does not know the key cannot find two texts that meet, however many they try here.
 *
 * 64-bit words are kept as pairs of 32-bit halves: BigInt would allocate on every operation.
 */
export type SipKey = readonly [number, number, number, number]

export interface Hash64 {
  low: number
  high: number
}

/** Writes the hash of `text` into `out`. */
export function sipHash(key: SipKey, text: string, out: Hash64): void {
  let v0l = key[0] ^ 0x70736575
  let v0h = key[1] ^ 0x736f6d65
  let v1l = key[2] ^ 0x6e646f6d
  let v1h = key[3] ^ 0x646f7261
  let v2l = key[0] ^ 0x6e657261
  let v2h = key[1] ^ 0x6c796765
  let v3l = key[2] ^ 0x79746573
  let v3h = key[3] ^ 0x74656462

  const units = text.length
  const blocks = units >>> 2
  // Every block of four code units, the last one with the length in its top byte, then three rounds to finish.
  for (let i = 0; i < blocks + 4; i++) {
    let ml = 0
    let mh = 0
    const at = i << 2
    if (i < blocks) {
      ml = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16)
      mh = text.charCodeAt(at + 2) | (text.charCodeAt(at + 3) << 16)
    } else if (i === blocks) {
      if (at < units) ml = text.charCodeAt(at)
      if (at + 1 < units) ml |= text.charCodeAt(at + 1) << 16
      if (at + 2 < units) mh = text.charCodeAt(at + 2)
      mh |= units << 25
    } else if (i === blocks + 1) {
      v2l ^= 0xff
    }
    v3l ^= ml
    v3h ^= mh

    // v0 += v1; v1 = rotl(v1, 13) ^ v0; v0 = rotl(v0, 32)
    let low = (v0l + v1l) | 0
    v0h = (v0h + v1h + (low >>> 0 < v0l >>> 0 ? 1 : 0)) | 0
    v0l = low
    let turn = (v1l << 13) | (v1h >>> 19)
    v1h = ((v1h << 13) | (v1l >>> 19)) ^ v0h
    v1l = turn ^ v0l
    turn = v0l
    v0l = v0h
    v0h = turn
    // v2 += v3; v3 = rotl(v3, 16) ^ v2
    low = (v2l + v3l) | 0
    v2h = (v2h + v3h + (low >>> 0 < v2l >>> 0 ? 1 : 0)) | 0
    v2l = low
    turn = (v3l << 16) | (v3h >>> 16)
    v3h = ((v3h << 16) | (v3l >>> 16)) ^ v2h
    v3l = turn ^ v2l
    // v0 += v3; v3 = rotl(v3, 21) ^ v0
    low = (v0l + v3l) | 0
    v0h = (v0h + v3h + (low >>> 0 < v0l >>> 0 ? 1 : 0)) | 0
    v0l = low
    turn = (v3l << 21) | (v3h >>> 11)
    v3h = ((v3h << 21) | (v3l >>> 11)) ^ v0h
    v3l = turn ^ v0l
    // v2 += v1; v1 = rotl(v1, 17) ^ v2; v2 = rotl(v2, 32)
    low = (v2l + v1l) | 0
    v2h = (v2h + v1h + (low >>> 0 < v2l >>> 0 ? 1 : 0)) | 0
    v2l = low
    turn = (v1l << 17) | (v1h >>> 15)
    v1h = ((v1h << 17) | (v1l >>> 15)) ^ v2h
    v1l = turn ^ v2l
    turn = v2l
    v2l = v2h
    v2h = turn

    v0l ^= ml
    v0h ^= mh
  }
  out.low = v0l ^ v1l ^ v2l ^ v3l
  out.high = v0h ^ v1h ^ v2h ^ v3h
}
