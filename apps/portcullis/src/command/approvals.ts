import type { ApprovalView } from '@portcullis/api-client/route/approval'
import type { verdict } from '@portcullis/model/approval/approval'
import { managementClient } from '../local/management-client.ts'
import { printNone } from '../local/only-one.ts'
import { type Call, type Command, commandFaults, option, required } from './command.ts'

const USAGE = 'list ORGANIZATION [--all] | approve|refuse ORGANIZATION ID --as USER [--reason TEXT]'

export const approvals: Command = {
  name: 'approvals',
  summary: 'List what waits for approval, and write down what somebody said who may decide',
  usage: USAGE,
  options: {
    all: { type: 'boolean', meaning: 'List also what is over.' },
    as: { type: 'string', meaning: 'The user who said so.' },
    reason: { type: 'string', meaning: 'What is told to whoever asked, and kept.' },
  },
  examples: [
    'approvals list hmart',
    'approvals approve hmart apr_01jd3v9q4m7k2r8w5x6y1z0ab3 --as grace --reason "for the fair"',
  ],
  guide: 'docs/how-to/approve-a-token.md',
  async run(call) {
    const [action, organization, id, ...rest] = call.positionals
    if (organization === undefined || rest.length > 0) throw commandFaults.usage()
    const client = managementClient(call.settings)
    if (action === 'list' && id === undefined) {
      const query = { all: call.values.all === true ? 'true' : 'false' } as const
      const { approvals: views } = await client.listApprovals({ params: { organization }, query })
      if (views.length === 0) await printNone(call, client, organization)
      return print(call, views)
    }
    const said = isVerdict(action) ? action : undefined
    if (said === undefined || id === undefined) throw commandFaults.usage()
    const by = required(call, 'as')
    const body = { by, verdict: said, reason: option(call, 'reason') ?? '' }
    return print(call, [await client.decideApproval({ params: { organization, id }, body })])
  },
}

function isVerdict(action: string | undefined): action is (typeof verdict.options)[number] {
  return action === 'approve' || action === 'refuse'
}

function print(call: Call, views: readonly ApprovalView[]): number {
  for (const { approval, state } of views) {
    const { id, kind, title, asker, approvers, decisions, expiresAt } = approval
    const given = decisions.filter(({ verdict }) => verdict === 'approve').length
    call.print(`${id}  ${state}  ${kind}  ${title}`)
    call.print(
      `  asked by ${asker.user ?? asker.app ?? '-'}; ${given} of ${approvers.count} from ${approvers.roles.join(' or ')}; until ${expiresAt}`,
    )
    for (const { by, verdict, reason } of decisions) call.print(`  ${by}: ${verdict}  ${reason}`)
  }
  return 0
}
