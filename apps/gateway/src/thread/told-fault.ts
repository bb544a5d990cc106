import { Fault } from '@portcullis/kernel/fault'

/** Something that was thrown, as it is told from thread to thread: clones of errors lose all but their text. */
export interface Told {
  readonly error: Error
  /** Of a fault, what its text does not say. */
  readonly fault?: {
    readonly code: string
    readonly status: number
    readonly title: string
    readonly remedy: string
    readonly detail: string | undefined
  }
}

export function tell(thrown: unknown): Told {
  const { message, stack } = thrown instanceof Error ? thrown : new Error(String(thrown))
  const error = Object.assign(new Error(message), { stack })
  if (!(thrown instanceof Fault)) return { error }
  const { code, status, title, remedy, detail } = thrown
  return { error, fault: { code, status, title, remedy, detail } }
}

export function thrownBy({ error, fault }: Told): Error {
  if (fault === undefined) return error
  const { code, detail, ...definition } = fault
  return new Fault(code, definition, {
    internal: error.message,
    ...(detail !== undefined && { detail }),
  })
}
