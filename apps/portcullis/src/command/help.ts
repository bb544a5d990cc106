import { type Command, commandFaults } from './command.ts'

/** The help on these commands. */
export const helpOn = (commands: readonly Command[]): Command => ({
  name: 'help',
  summary: 'Show what the command line can do',
  usage: '[COMMAND]',
  options: {},
  async run({ positionals, print }) {
    const [name] = positionals
    const lines = name === undefined ? overview(commands) : details(commands, name)
    for (const line of lines) print(line)
    return 0
  },
})

function overview(commands: readonly Command[]): string[] {
  const width = Math.max(...commands.map((each) => each.name.length))
  return [
    'portcullis COMMAND …',
    '',
    ...commands.map((each) => `  ${each.name.padEnd(width)}  ${each.summary}`),
    '',
    '`portcullis help COMMAND` shows how one is written.',
  ]
}

function details(commands: readonly Command[], name: string): string[] {
  const command = commands.find((each) => each.name === name)
  if (command === undefined) throw commandFaults.unknown({ detail: `"${name.slice(0, 40)}" is no command.` })
  return [`portcullis ${command.name} ${command.usage}`.trimEnd(), '', `  ${command.summary}.`]
}
