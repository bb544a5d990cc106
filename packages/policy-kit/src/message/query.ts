/** The values of a parameter in the query of a request target, decoded, in their order. Names are told apart by case. */
export function parametersNamed(target: string, name: string): string[] {
  const start = target.indexOf('?')
  if (start === -1) return []
  return new URLSearchParams(target.slice(start + 1)).getAll(name)
}

/** A target without some parameters, however their names are encoded. All else stays as it was written. */
export function withoutParameters(target: string, names: readonly string[]): string {
  const start = target.indexOf('?')
  if (start === -1) return target
  const kept = target
    .slice(start + 1)
    .split('&')
    .filter((pair) => !names.some((name) => new URLSearchParams(pair).has(name)))
  return target.slice(0, start) + (kept.length === 0 ? '' : `?${kept.join('&')}`)
}
