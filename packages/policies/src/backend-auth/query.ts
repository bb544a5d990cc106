/**
 * A target without the query parameters whose name, decoded, is one of those; the others stay byte for byte, in their
 * order. A name that can't be decoded is compared as it stands.
 */
export function withoutParameters(target: string, unwanted: (name: string) => boolean): string {
  const start = target.indexOf('?')
  if (start === -1) return target
  const kept = target
    .slice(start + 1)
    .split('&')
    .filter((each) => !unwanted(nameOf(each)))
  return kept.length === 0 ? target.slice(0, start) : `${target.slice(0, start)}?${kept.join('&')}`
}

function nameOf(parameter: string): string {
  const name = parameter.split('=', 1)[0] as string
  try {
    return decodeURIComponent(name.replaceAll('+', ' '))
  } catch {
    // Not UTF-8 in percent-encoding: nobody else can decode it either.
    return name
  }
}
