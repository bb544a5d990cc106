import { settingsTable } from '../reference/settings-table.ts'
import { type Command, positional } from './command.ts'

export const settings: Command = {
  name: 'settings',
  summary: 'List every setting with its meaning, default and value',
  usage: '',
  options: {},
  async run(call) {
    positional(call)
    for (const line of settingsTable(call.settings)) call.print(line)
    return 0
  },
}
