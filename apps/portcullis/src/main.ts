import { parseArgs } from 'node:util'
import { Fault } from '@portcullis/kernel/fault'
import { formatPlace } from '@portcullis/model/finding/finding'
import { FindingsFault } from '@portcullis/model/finding/findings-fault'
import { type Call, type Command, commandFaults } from './command/command.ts'
import { commandNamed } from './command/commands.ts'
import { countFindings, findingLines } from './local/print-findings.ts'
import { type Environment, readSettings } from './setting/read-settings.ts'

/** The command line: resolves to the exit code. 0 done, 1 refused or failed, 2 not understood. */
export async function main(words: readonly string[], environment: Environment): Promise<number> {
  endQuietlyWithReader(process.stdout)
  const print = (line: string): void => void process.stdout.write(`${line}\n`)
  const warn = (line: string): void => void process.stderr.write(`${line}\n`)
  try {
    const [name = 'help', ...rest] = words
    const command = await demandCommand(name)
    const { values, positionals } = parseWords(command, rest)
    return await command.run({ settings: readSettings(environment), values, positionals, print, warn })
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    for (const line of faultLines(thrown)) warn(line)
    return thrown.code === commandFaults.usage.code || thrown.code === commandFaults.unknown.code ? 2 : 1
  }
}

async function demandCommand(name: string): Promise<Command> {
  const command = await commandNamed(name === '--help' || name === '-h' ? 'help' : name)
  if (command === undefined) throw commandFaults.unknown({ detail: `"${name.slice(0, 40)}" is no command.` })
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
    throw commandFaults.usage({
      detail: `${(error as Error).message.split('\n')[0]} Written as: portcullis ${command.name} ${command.usage}`,
    })
  }
}

function faultLines(fault: Fault): string[] {
  if (fault instanceof FindingsFault)
    return [
      ...findingLines(fault.findings),
      `${fault.title}: ${countFindings(fault.findings)}. ${fault.remedy}`,
    ]
  const place = fault.place === undefined ? '' : `${formatPlace(fault.place)}: `
  return [`${place}${fault.detail ?? fault.title} (${fault.code})`, `  ${fault.remedy}`]
}

/** Who reads our output may stop (`portcullis help | head`): that is no failure. */
function endQuietlyWithReader(output: NodeJS.WriteStream): void {
  output.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
}
