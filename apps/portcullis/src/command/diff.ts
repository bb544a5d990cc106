import { managementClient } from '../local/management-client.ts'
import { changeLines } from '../local/print-change.ts'
import { findingLines } from '../local/print-findings.ts'
import { readBundle } from '../local/read-bundle.ts'
import { type Command, positional, required } from './command.ts'
import { bundleOption, pruneOption } from './known-option.ts'

export const diff: Command = {
  name: 'diff',
  summary: 'Show what applying declarations would change; exit code 1 when it would change anything',
  usage: '-f DIR [--prune]',
  options: {
    ...bundleOption,
    ...pruneOption,
  },
  examples: ['diff -f examples/warehouse/portcullis'],
  guide: 'docs/how-to/publish-an-api.md',
  async run(call) {
    positional(call)
    const files = readBundle(required(call, 'file'))
    const body = { files, prune: call.values.prune === true }
    const { changes, warnings } = await managementClient(call.settings).diffBundle({ body })
    for (const line of findingLines(warnings)) call.warn(line)
    for (const line of changeLines(changes)) call.print(line)
    if (changes.length === 0) call.print('No difference.')
    return changes.length === 0 ? 0 : 1
  },
}
