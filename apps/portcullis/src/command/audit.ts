import { managementClient } from '../local/management-client.ts'
import { printNone } from '../local/only-one.ts'
import { type Command, option, positional } from './command.ts'

export const audit: Command = {
  name: 'audit',
  summary: 'List what people decided, gave and took back, newest first',
  usage: 'ORGANIZATION [--limit N]',
  options: { limit: { type: 'string', meaning: 'How many at most.' } },
  examples: ['audit hmart --limit 20'],
  guide: 'docs/how-to/ask-for-scopes-in-advance.md',
  async run(call) {
    const [organization] = positional(call, 'ORGANIZATION')
    const client = managementClient(call.settings)
    const limit = Number(option(call, 'limit') ?? '50')
    const { records } = await client.listAuditRecords({ params: { organization }, query: { limit } })
    for (const { at, actor, action, target, reason } of records) {
      call.print(
        `${at}  ${actor}  ${action}  ${target}${reason === undefined || reason === '' ? '' : `  ${reason}`}`,
      )
    }
    if (records.length === 0) await printNone(call, client, organization)
    return 0
  },
}
