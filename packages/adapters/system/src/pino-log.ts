import { dateText } from '@portcullis/kernel/date-text'
import type { Log, LogFields } from '@portcullis/ports/log/port'
import { destination, pino } from 'pino'
import { clipped, printable } from './printable.ts'

export type LogLevel = keyof Log

export interface LogOptions {
  /** Lines below this level are not written. */
  readonly level: LogLevel
  /** Where lines go, one JSON object each; standard output when absent. */
  readonly stream?: LogStream
}

export interface LogStream {
  write(line: string): unknown
}

/** Names that every line has; a field of such a name gets an underscore. */
const OWN_NAMES = ['level', 'time', 'message']
/** Lines that wait for a slow reader of standard output; beyond that they are dropped. */
const MAX_WAITING_CHARACTERS = 4 * 1024 * 1024

/** A log of JSON lines: `{"level":"info","time":"…","message":"…", …fields}`. */
export function openLog(options: LogOptions): Log {
  const stream = options.stream ?? standardOutput()
  const logger = pino(
    {
      level: options.level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${dateText(Date.now())}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  )
  const at = (level: LogLevel) => {
    return (message: string, fields?: LogFields): void => {
      if (!logger.isLevelEnabled(level)) return
      try {
        logger[level](fields === undefined ? {} : printableFields(fields), clipped(message))
      } catch {
        // The stream is broken. There is nowhere left to say so, and the work that is logged must go on.
      }
    }
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function printableFields(fields: LogFields): object {
  const shown = printable(fields)
  if (typeof shown !== 'object' || shown === null) return { fields: shown }
  if (!OWN_NAMES.some((name) => Object.hasOwn(shown, name))) return shown
  return Object.fromEntries(
    Object.entries(shown).map(([name, value]) => [OWN_NAMES.includes(name) ? `${name}_` : name, value]),
  )
}

/**
 * Written aside, so that a reader who is slow never makes a request wait. What waits when the process ends is still
 * written; a thread that ends itself by `process.exit()` may lose its last lines.
 */
function standardOutput(): LogStream {
  const output = destination({ fd: 1, sync: false, maxLength: MAX_WAITING_CHARACTERS })
  // The reader is gone or the disk is full: lines are lost from here on, and the process goes on without them.
  output.on('error', () => output.destroy())
  return output
}
