import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'
import { agentList, agentLists } from './agent-list.ts'

const part = z
  .string()
  .min(3, 'a part of at least three characters, or it would be found nearly everywhere')
  .max(128)

const config = z
  .strictObject({
    lists: z
      .array(agentList)
      .max(agentLists.length)
      .default(['scanner'])
      .describe(
        'Whom we know and you do not want: scanners of weaknesses, copiers of sites, trainers of models.',
      ),
    deny: z
      .array(part)
      .max(1024)
      .default([])
      .describe('Parts of User-Agent that are refused, in any case of letters.'),
    allow: z
      .array(part)
      .max(1024)
      .default([])
      .describe('Parts of User-Agent that are let in, also where the others name them.'),
    missing: z
      .enum(['allow', 'refuse'])
      .default('allow')
      .describe('What becomes of calls without User-Agent, which is no duty (RFC 9110 §10.1.5).'),
  })
  .refine(({ lists, deny, missing }) => lists.length + deny.length > 0 || missing === 'refuse', {
    path: ['deny'],
    message: 'something is refused, or nothing would be checked',
  })
export type BotAgentConfig = z.infer<typeof config>

const REMEDY = 'Call as a client that is welcome. Operators: `portcullis explain` names the rule.'

export const botAgentFaults = defineFaults('bot-agent', {
  denied: { status: 403, title: 'This client is not let in', remedy: REMEDY },
  missing: { status: 403, title: 'The client does not say what it is', remedy: 'Send a User-Agent field.' },
})

export const botAgentContract: PolicyContract<BotAgentConfig> = {
  id: 'bot-agent',
  summary: 'Keeps out tools that say themselves that nobody wants them.',
  phase: 'connection',
  stacking: 'every',
  config,
  faults: botAgentFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  mentions: () => ({ attributes: ['context.headers.user-agent'] }),
}
