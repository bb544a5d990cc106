import { settingsTable } from '../reference/settings-table.ts'
import { type Command, commandFaults } from './command.ts'

export const settings: Command = {
  name: 'settings',
  summary: 'List every setting with its meaning and the value in force, or those whose name has a word in it',
  usage: '[WORD]',
  options: {},
  examples: ['settings', 'settings port'],
  async run(call) {
    const [word = '', ...rest] = call.positionals
    if (rest.length > 0) throw commandFaults.usage()
    const lines = settingsTable(call.settings, word)
    if (lines.length === 0) call.warn(`No setting has "${word}" in its name.`)
    for (const line of lines) call.print(line)
    return lines.length === 0 ? 1 : 0
  },
}
