import type { OutgoingDraft } from '@portcullis/policy-kit/backend-credential'
import { hostOf, splitTarget } from '../../body-bytes.ts'

/** What stands in the parameters of a signature (RFC 9421 §2.3), in the order in which they are written. */
export interface SignatureParameters {
  /** Seconds since the epoch. */
  readonly created: number
  readonly expires?: number
  readonly keyid: string
  readonly alg?: string
  readonly nonce?: string
  readonly tag?: string
}

/** A component and its value. */
export type CoveredComponent = readonly [name: string, value: string]

/** The value of a component of a request (RFC 9421 §2.1, §2.2); `undefined` for a field that it lacks. */
export function componentValue(
  name: string,
  draft: Pick<OutgoingDraft, 'method' | 'origin' | 'target' | 'headers'>,
): string | undefined {
  const { method, origin, target, headers } = draft
  switch (name) {
    case '@method':
      return method
    case '@scheme':
      return origin.slice(0, origin.indexOf(':')).toLowerCase()
    case '@authority':
      return authorityOf(origin)
    case '@target-uri':
      return `${origin.slice(0, origin.indexOf('//') + 2)}${authorityOf(origin)}${target}`
    case '@request-target':
      return target
    case '@path':
      return splitTarget(target).path
    case '@query':
      return `?${splitTarget(target).query ?? ''}`
    case 'host':
      return hostOf(draft)
    default: {
      const values = headers.all(name)
      return values.length === 0 ? undefined : values.map(trimmed).join(', ')
    }
  }
}

/** `@signature-params`, which is also the value in Signature-Input (RFC 9421 §2.3, §4.1). */
export function signatureParams(names: readonly string[], parameters: SignatureParameters): string {
  const { created, expires, keyid, alg, nonce, tag } = parameters
  return [
    `(${names.map((each) => `"${each}"`).join(' ')})`,
    `created=${created}`,
    ...(expires === undefined ? [] : [`expires=${expires}`]),
    `keyid="${keyid}"`,
    ...(alg === undefined ? [] : [`alg="${alg}"`]),
    ...(nonce === undefined ? [] : [`nonce="${nonce}"`]),
    ...(tag === undefined ? [] : [`tag="${tag}"`]),
  ].join(';')
}

/** What is signed (RFC 9421 §2.5). */
export function signatureBase(components: readonly CoveredComponent[], params: string): string {
  return [...components.map(([name, value]) => `"${name}": ${value}`), `"@signature-params": ${params}`].join(
    '\n',
  )
}

/** In lower case and without the port that the scheme implies (RFC 9421 §2.2.3). */
function authorityOf(origin: string): string {
  return new URL(origin).host
}

/** RFC 9421 §2.1: without space around it, and folded lines as one space. */
function trimmed(value: string): string {
  return value.trim()
}
