import type { ApiClient } from '@portcullis/api-client/client'
import type { RevisionNotice } from '@portcullis/api-client/route/bundle'
import { managementClient } from '../local/management-client.ts'
import { changeLines } from '../local/print-change.ts'
import { findingLines } from '../local/print-findings.ts'
import { readBundle } from '../local/read-bundle.ts'
import { writeBundle } from '../local/write-bundle.ts'
import { type Command, option, positional, required } from './command.ts'
import { bundleOption, pruneOption } from './known-option.ts'

/** How long an apply waits to say that its revisions are in force; they get there without it too. */
const WAIT_MILLIS = 5000
const ASK_EVERY_MILLIS = 50

export const apply: Command = {
  name: 'apply',
  summary: 'Apply declarations in one transaction and publish what they change',
  usage: '-f DIR [--prune] [--keep DIR]',
  options: {
    ...bundleOption,
    keep: {
      type: 'string',
      meaning: 'A new folder for what was declared before, from which it can be applied again.',
    },
    ...pruneOption,
  },
  examples: [
    'apply -f examples/warehouse/portcullis',
    'apply -f examples/warehouse/portcullis --keep before',
  ],
  guide: 'docs/how-to/publish-an-api.md',
  async run(call) {
    positional(call)
    const files = readBundle(required(call, 'file'))
    const client = managementClient(call.settings)
    const kept = option(call, 'keep')
    if (kept !== undefined) writeBundle(kept, (await client.exportBundle({ query: {} })).files)
    const { changes, revisions, warnings } = await client.applyBundle({
      body: { files, prune: call.values.prune === true },
    })
    for (const line of findingLines(warnings)) call.warn(line)
    for (const line of changeLines(changes)) call.print(line)
    if (changes.length === 0) call.print('Nothing changed.')
    for (const revision of revisions) call.print(await tellWhenInForce(client, revision))
    if (kept !== undefined) call.print(`To take it back: npx portcullis apply -f ${kept} --prune`)
    return 0
  },
}

/** Asks until every gateway that reports on the environment enforces the revision. */
async function tellWhenInForce(client: ApiClient, revision: RevisionNotice): Promise<string> {
  const name = `${revision.organization}/${revision.environment}#${revision.number}`
  const began = performance.now()
  while (performance.now() - began < WAIT_MILLIS) {
    const numbers = await enforcedNumbers(client, revision)
    if (numbers.length === 0) return `Published ${name}; no gateway reports on it.`
    if (numbers.every((number) => number >= revision.number)) {
      const millis = Math.round(performance.now() - began)
      const gateways = numbers.length === 1 ? 'the gateway' : `all ${numbers.length} gateways`
      return `Published ${name}; in force on ${gateways} after ${millis} ms.`
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MILLIS))
  }
  return `Published ${name}; not yet in force everywhere.`
}

async function enforcedNumbers(client: ApiClient, revision: RevisionNotice): Promise<number[]> {
  const { gateways } = await client.listGateways()
  return gateways
    .filter(
      (each) => each.organization === revision.organization && each.environment === revision.environment,
    )
    .map((each) => each.number)
}
