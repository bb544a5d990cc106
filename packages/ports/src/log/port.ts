/**
 * Where the operator reads what happened. Fields are plain values; a `Secret` among them prints as `[secret]`. Logging
 * never throws and never waits.
 */
export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

export type LogFields = Readonly<Record<string, unknown>>
