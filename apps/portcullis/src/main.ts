import { parseArgs } from 'node:util'
import { Fault } from '@portcullis/kernel/fault'
import { meant } from '@portcullis/kernel/nearest'
import { formatPlace } from '@portcullis/model/finding/finding'
import { FindingsFault } from '@portcullis/model/finding/findings-fault'
import { type Call, type Command, commandFaults, formsOf } from './command/command.ts'
import { commandNamed, commandNames } from './command/commands.ts'
import { countFindings, findingLines } from './local/print-findings.ts'
import { type Environment, readSettings } from './setting/read-settings.ts'

/** The command line: resolves to the exit code. 0 done, 1 refused or failed, 2 not understood. */
export async function main(words: readonly string[], environment: Environment): Promise<number> {
  endQuietlyWithReader(process.stdout)
  const print = (line: string): void => void process.stdout.write(`${line}\n`)
  const warn = (line: string): void => void process.stderr.write(`${line}\n`)
  const [name = 'help', ...rest] = helpFirst(words)
  let command: Command | undefined
  try {
    command = await demandCommand(name)
    const { values, positionals } = parseWords(command, rest)
    return await command.run({ settings: readSettings(environment), values, positionals, print, warn })
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    for (const line of faultLines(thrown, command)) warn(line)
    return thrown.code === commandFaults.usage.code || thrown.code === commandFaults.unknown.code ? 2 : 1
  }
}

const isHelp = (word: string): boolean => word === '--help' || word === '-h'

/** `portcullis apply --help` is `portcullis help apply`, as people expect of every program. */
function helpFirst(words: readonly string[]): readonly string[] {
  const [name] = words
  if (name === undefined || !words.some(isHelp)) return words
  return isHelp(name) ? ['help'] : ['help', name]
}

async function demandCommand(name: string): Promise<Command> {
  const command = await commandNamed(name)
  if (command === undefined) {
    const detail = `"${name.slice(0, 40)}" is no command.${meant(name, commandNames)}`
    throw commandFaults.unknown({ detail })
  }
  return command
}

function parseWords(command: Command, words: readonly string[]): Pick<Call, 'values' | 'positionals'> {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options: command.options,
      allowPositionals: true,
    })
    return { values: values as Call['values'], positionals }
  } catch (error) {
    const [said = ''] = (error as Error).message.split(/[.\n]/)
    const [, option] = /^Unknown option '-+([^']*)'/.exec(said) ?? []
    const guess = option === undefined ? '' : meant(option, Object.keys(command.options))
    throw commandFaults.usage({ detail: `${said}.${guess}` })
  }
}

function faultLines(fault: Fault, command: Command | undefined): string[] {
  if (fault instanceof FindingsFault)
    return [
      ...findingLines(fault.findings),
      `${fault.title}: ${countFindings(fault.findings)}. ${fault.remedy}`,
    ]
  const place = fault.place === undefined ? '' : `${formatPlace(fault.place)}: `
  return [
    `${place}${fault.detail ?? fault.title} (${fault.code})`,
    // Whoever types this is the operator, who may read what callers may not.
    ...(fault.message === (fault.detail ?? fault.title) ? [] : [`  ${fault.message}`]),
    ...wayOut(fault, command).map((line) => `  ${line}`),
  ]
}

/** What to do: what was not understood is shown as it is written, unless more is known of what is wrong. */
function wayOut({ code, remedy }: Fault, command: Command | undefined): readonly string[] {
  const { usage } = commandFaults
  const isPlain = code === usage.code && remedy === usage.remedy
  return isPlain && command !== undefined ? formsOf(command).map((form) => `Written as: ${form}`) : [remedy]
}

/** Who reads our output may stop (`portcullis help | head`): that is no failure. */
function endQuietlyWithReader(output: NodeJS.WriteStream): void {
  output.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
}
