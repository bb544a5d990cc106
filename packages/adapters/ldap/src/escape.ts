/** A value within a search filter (RFC 4515 §3): nothing of it can end the assertion. */
export function escapeFilter(value: string): string {
  return value.replace(
    /[\0()*\\]/g,
    (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}

/** A value within a distinguished name (RFC 4514 §2.4): nothing of it can begin another attribute. */
export function escapeName(value: string): string {
  const inner = value.replace(/[\0"+,;<=>\\]/g, (character) =>
    character === '\0' ? '\\00' : `\\${character}`,
  )
  return inner.replace(/^[ #]/, '\\$&').replace(/ $/, '\\ ')
}

/** Puts escaped values in the places of a template; what is no place stays as it is. */
export function fill(
  template: string,
  values: Readonly<Record<string, string>>,
  escaped: (value: string) => string,
): string {
  return template.replace(/\{([a-z]+)\}/g, (place, key: string) => {
    const value = Object.hasOwn(values, key) ? values[key] : undefined
    return value === undefined ? place : escaped(value)
  })
}
