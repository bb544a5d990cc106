const MAX_RANGES = 32

interface Range {
  readonly type: string
  readonly subtype: string
  readonly weight: number
}

/**
 * How much each media type is wanted, from 0 (not at all) to 1 (RFC 9110 §12.5.1): the most specific range that fits
 * decides. Without the field everything is wanted. Parameters of media types are not compared.
 */
export function acceptance(values: readonly string[]): (mediaType: string) => number {
  if (values.length === 0) return () => 1
  const ranges = values
    .flatMap((value) => value.split(',', MAX_RANGES))
    .slice(0, MAX_RANGES)
    .map(readRange)
  return (mediaType) => {
    const [type, subtype] = essenceOf(mediaType).split('/', 2)
    const exact = ranges.find((each) => each.type === type && each.subtype === subtype)
    const wide = ranges.find((each) => each.type === type && each.subtype === '*')
    const any = ranges.find((each) => each.type === '*' && each.subtype === '*')
    return (exact ?? wide ?? any)?.weight ?? 0
  }
}

function readRange(text: string): Range {
  const [type = '', subtype = ''] = essenceOf(text).split('/', 2)
  const quality = text
    .split(';')
    .slice(1)
    .map((each) => each.trim().toLowerCase())
    .find((each) => each.startsWith('q='))
  return { type, subtype, weight: quality === undefined ? 1 : weightOf(quality.slice(2)) }
}

function weightOf(text: string): number {
  return /^(0(\.[0-9]{0,3})?|1(\.0{0,3})?)$/.test(text) ? Number(text) : 0
}

function essenceOf(mediaType: string): string {
  return (mediaType.split(';', 1)[0] as string).trim().toLowerCase()
}
