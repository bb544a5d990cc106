import { managementClient } from '../local/management-client.ts'
import { writeBundle } from '../local/write-bundle.ts'
import { type Command, option, positional, required } from './command.ts'

export const exportCommand: Command = {
  name: 'export',
  summary:
    'Write everything that is declared into a new folder, in the form in which it can be applied again',
  usage: '-f DIR [--organization NAME]',
  options: {
    file: { type: 'string', short: 'f', meaning: 'The folder to write; it must not be there yet.' },
    organization: { type: 'string', meaning: 'Only this one; all when absent.' },
  },
  examples: ['export -f declared'],
  guide: 'docs/how-to/publish-an-api.md',
  async run(call) {
    positional(call)
    const folder = required(call, 'file')
    const organization = option(call, 'organization')
    const { files } = await managementClient(call.settings).exportBundle({
      query: organization === undefined ? {} : { organization },
    })
    writeBundle(folder, files)
    call.print(`Wrote ${Object.keys(files).length} files to ${folder}.`)
    return 0
  },
}
