import { managementClient } from '../local/management-client.ts'
import { countFindings, findingLines } from '../local/print-findings.ts'
import { readBundle } from '../local/read-bundle.ts'
import { type Command, positional, required } from './command.ts'
import { bundleOption } from './known-option.ts'

export const validate: Command = {
  name: 'validate',
  summary: 'Check declarations against everything that is stored, and change nothing',
  usage: '-f DIR',
  options: {
    ...bundleOption,
  },
  examples: ['validate -f examples/warehouse/portcullis'],
  guide: 'docs/how-to/publish-an-api.md',
  async run(call) {
    positional(call)
    const files = readBundle(required(call, 'file'))
    const { findings } = await managementClient(call.settings).validateBundle({ body: { files } })
    for (const line of findingLines(findings)) call.warn(line)
    call.print(findings.length === 0 ? 'Nothing to mend.' : countFindings(findings))
    return findings.some((each) => each.severity === 'error') ? 1 : 0
  },
}
