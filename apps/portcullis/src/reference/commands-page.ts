import { type Command, formsOf, type Options } from '../command/command.ts'
import { everyCommand } from '../command/commands.ts'

/** The reference page of the command line, in Markdown: what `portcullis help` says, for those who look before they install. */
export async function commandsPage(): Promise<string> {
  const groups = [...(await everyCommand())]
  return [
    '# Commands',
    '',
    'Typed as `npx portcullis COMMAND …` in the folder where Portcullis was installed. `npx portcullis help COMMAND` says the same. Exit code 0: done; 1: refused or failed; 2: not understood.',
    '',
    ...groups.flatMap(([title, commands]) => [`## ${title}`, '', ...commands.flatMap(sectionOf)]),
    'This page is written by `npm run docs`.',
    '',
  ].join('\n')
}

function sectionOf(command: Command): string[] {
  const guide = command.guide?.replace(/^docs\//, '../')
  return [
    `### ${command.name}`,
    '',
    `${command.summary}.${guide === undefined ? '' : ` [More](${guide}).`}`,
    '',
    '```text',
    ...formsOf(command),
    '```',
    '',
    ...tableOf(command.options),
    '```sh',
    ...command.examples.map((each) => `npx portcullis ${each}`),
    '```',
    '',
  ]
}

function tableOf(options: Options): string[] {
  const rows = Object.entries(options).map(
    ([name, { short, meaning }]) =>
      `| ${short === undefined ? '' : `\`-${short}\`, `}\`--${name}\` | ${meaning} |`,
  )
  return rows.length === 0 ? [] : ['| option | meaning |', '|---|---|', ...rows, '']
}
