/** Authentication context classes (OpenID Connect Core §2, `acr`), the weaker first: how a user signed in. */
export const acrs = {
  password: 'urn:portcullis:acr:password',
  multiFactor: 'urn:portcullis:acr:multi-factor',
} as const

const byStrength: readonly string[] = Object.values(acrs)

export function isKnownAcr(acr: string): boolean {
  return byStrength.includes(acr)
}

/**
 * Whether somebody who signed in like this meets what an app asked for with `acr_values`: one of those that we know, or
 * a stronger one. What we don't know nobody can meet, and it is no demand either (OpenID Connect Core §3.1.2.1).
 */
export function meetsAcr(acr: string | undefined, asked: readonly string[]): boolean {
  const known = asked.map((each) => byStrength.indexOf(each)).filter((strength) => strength >= 0)
  if (known.length === 0) return true
  return byStrength.indexOf(acr ?? '') >= Math.min(...known)
}
