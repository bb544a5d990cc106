import type { Log, LogFields } from './port.ts'

export interface LogLine {
  readonly level: keyof Log
  readonly message: string
  readonly fields: LogFields
}

/** A log that keeps its lines, the last `capacity` of them, for a test to read. */
export function collectingLog(capacity = 10_000): Log & { readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = []
  const keep =
    (level: keyof Log) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, message, fields })
      if (lines.length > capacity) lines.shift()
    }
  return { lines, debug: keep('debug'), info: keep('info'), warn: keep('warn'), error: keep('error') }
}
