/**
 * A fault is everything that can go wrong and be told: a stable code, what the caller may read, and
 * what only we may read. Families of faults are declared beside the code that raises them:
 *
 *     export const storeFaults = defineFaults('store', {
 *       conflict: { status: 409, title: 'Changed by somebody else', remedy: 'Read it again and repeat the change.' },
 *     })
 *     throw storeFaults.conflict({ detail: 'Plan "gold" was changed.', internal: 'expected 3, found 4' })
 */
export interface FaultDefinition {
  /** HTTP status with which a caller learns of it. */
  readonly status: number
  /** The same few words every time (RFC 9457 §3.1.4). Public. */
  readonly title: string
  /** What the reader can do about it. Public. */
  readonly remedy: string
}

/** Where in what was given to us the fault lies. */
export interface Place {
  readonly file?: string | undefined
  /** Counted from 1. */
  readonly line?: number | undefined
  /** Counted from 1. */
  readonly column?: number | undefined
  /** JSON Pointer (RFC 6901) inside the file or value. */
  readonly path?: string | undefined
}

export interface FaultOptions {
  /** What happened this time. Public: never a secret, never a stack. */
  readonly detail?: string
  /** What happened, for the log and the operator alone. */
  readonly internal?: string
  readonly place?: Place
  /** Overrides the definition's remedy where this occurrence has a better one. Public. */
  readonly remedy?: string
  readonly cause?: unknown
}

export class Fault extends Error {
  override readonly name = 'Fault'
  readonly code: string
  readonly status: number
  readonly title: string
  readonly remedy: string
  readonly detail: string | undefined
  readonly place: Place | undefined

  constructor(code: string, definition: FaultDefinition, options: FaultOptions = {}) {
    super(
      options.internal ?? options.detail ?? definition.title,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.code = code
    this.status = definition.status
    this.title = definition.title
    this.remedy = options.remedy ?? definition.remedy
    this.detail = options.detail
    this.place = options.place
  }
}

/** Makes faults of one kind, and knows its own definition and code. */
export interface FaultKind extends FaultDefinition {
  (options?: FaultOptions): Fault
  readonly code: string
  /** Tells whether something that was thrown is a fault of this kind. */
  is(thrown: unknown): thrown is Fault
}

export type FaultFamily<Name extends string = string> = { readonly [N in Name]: FaultKind }

export function defineFaults<Name extends string>(
  area: string,
  definitions: Record<Name, FaultDefinition>,
): FaultFamily<Name> {
  const family = {} as Record<Name, FaultKind>
  for (const [name, definition] of Object.entries(definitions) as [Name, FaultDefinition][]) {
    const code = `${area}.${name}`
    const make = (options?: FaultOptions): Fault => new Fault(code, definition, options)
    const is = (thrown: unknown): thrown is Fault => thrown instanceof Fault && thrown.code === code
    family[name] = Object.assign(make, { code, is, ...definition })
  }
  return family
}

/** Every kind of a family, in the order of declaration. */
export function kindsOf(family: FaultFamily): FaultKind[] {
  return Object.values(family)
}
