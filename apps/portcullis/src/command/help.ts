import { meant } from '@portcullis/kernel/nearest'
import { type Command, commandFaults, formsOf, type Options } from './command.ts'

/** The help on these commands, which stand under headings. */
export const helpOn = (groups: ReadonlyMap<string, readonly Command[]>): Command => ({
  name: 'help',
  summary: 'Show what the command line can do',
  usage: '[COMMAND]',
  options: {},
  examples: ['help apply'],
  async run({ positionals, print }) {
    const [name] = positionals
    const lines = name === undefined ? overview(groups) : details([...groups.values()].flat(), name)
    for (const line of lines) print(line)
    return 0
  },
})

function overview(groups: ReadonlyMap<string, readonly Command[]>): string[] {
  const width = Math.max(...[...groups.values()].flat().map((each) => each.name.length))
  return [
    'portcullis COMMAND …',
    ...[...groups].flatMap(([title, commands]) => [
      '',
      title,
      ...commands.map((each) => `  ${each.name.padEnd(width)}  ${each.summary}`),
    ]),
    '',
    '`portcullis help COMMAND` shows how one is written. A page for every task: docs/how-to/README.md',
  ]
}

function details(commands: readonly Command[], name: string): string[] {
  const command = commands.find((each) => each.name === name)
  if (command === undefined) {
    const guess = meant(
      name,
      commands.map((each) => each.name),
    )
    throw commandFaults.unknown({ detail: `"${name.slice(0, 40)}" is no command.${guess}` })
  }
  return [
    ...formsOf(command),
    '',
    `  ${command.summary}.`,
    ...section('', optionLines(command.options)),
    ...section(
      'For example:',
      command.examples.map((each) => `  npx portcullis ${each}`),
    ),
    ...section('', command.guide === undefined ? [] : [`More in ${command.guide}.`]),
  ]
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...(title === '' ? [] : [title]), ...lines]
}

function optionLines(options: Options): string[] {
  const written = Object.entries(options).map(([name, { short, meaning }]) => ({
    name: `${short === undefined ? '' : `-${short}, `}--${name}`,
    meaning,
  }))
  const width = Math.max(...written.map((each) => each.name.length))
  return written.map((each) => `  ${each.name.padEnd(width)}  ${each.meaning}`)
}
