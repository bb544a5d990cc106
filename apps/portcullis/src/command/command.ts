import { defineFaults } from '@portcullis/kernel/fault'
import type { Settings } from '../setting/settings.ts'

export const commandFaults = defineFaults('command', {
  unknown: {
    status: 400,
    title: 'There is no such command',
    remedy: '`portcullis help` lists them all.',
  },
  usage: {
    status: 400,
    title: 'The command was not understood',
    remedy: '`portcullis help COMMAND` shows how it is written.',
  },
  unauthorized: {
    status: 401,
    title: 'The command line has no credentials',
    remedy:
      'Run it on the machine and in the folder where Portcullis was started, or set PORTCULLIS_CLIENT_ID and PORTCULLIS_CLIENT_SECRET.',
  },
})

/** An option of a command: how it is parsed, and what the help says of it. */
interface Option {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** A sentence. */
  readonly meaning: string
}

export type Options = Readonly<Record<string, Option>>

/** One word of the command line; the file's name is the word. */
export interface Command {
  readonly name: string
  readonly summary: string
  /** What comes after the name; where there are several forms, ` | ` stands between them. */
  readonly usage: string
  readonly options: Options
  /** What somebody may type, without the name of the program. */
  readonly examples: readonly string[]
  /** The page that tells more. */
  readonly guide?: string
  /** Resolves to the exit code. */
  run(call: Call): Promise<number>
}

export interface Call {
  readonly settings: Settings
  readonly values: Readonly<Record<string, string | boolean | undefined>>
  readonly positionals: readonly string[]
  readonly print: (line: string) => void
  readonly warn: (line: string) => void
}

/** A text option, or undefined. */
export function option(call: Call, name: string): string | undefined {
  const value = call.values[name]
  return typeof value === 'string' ? value : undefined
}

/** A text option that must be there. */
export function required(call: Call, name: string): string {
  const value = option(call, name)
  if (value === undefined) throw commandFaults.usage({ detail: `--${name} is missing.` })
  return value
}

/** The forms in which a command can be written. */
export function formsOf({ name, usage }: Command): string[] {
  return usage.split(/ \| (?=[a-z])/).map((form) => `portcullis ${name} ${form}`.trimEnd())
}

/** The positional arguments, exactly as many as there are names. */
export function positional<const N extends readonly string[]>(
  call: Call,
  ...names: N
): { [K in keyof N]: string } {
  if (call.positionals.length !== names.length) {
    const expected = names.length === 0 ? 'no further words' : names.join(' ')
    throw commandFaults.usage({ detail: `Expected ${expected}, found "${call.positionals.join(' ')}".` })
  }
  return [...call.positionals] as { [K in keyof N]: string }
}

/** The one positional argument, which names something of an organization: `ORGANIZATION/USER`. */
export function owned(call: Call, form: string): { readonly organization: string; readonly name: string } {
  const [given] = positional(call, form)
  const [organization, name, ...rest] = given.split('/')
  if (!organization || !name || rest.length > 0) {
    throw commandFaults.usage({ detail: `"${given}" is not ${form}.` })
  }
  return { organization, name }
}
