import type { OperationPlan, PlanLost, PlannedReach, PlanStep } from '@portcullis/api-client/route/revision'
import { DEFAULT_GATEWAY_GROUP } from '@portcullis/model/resource/gateway-group'
import { managementClient } from '../local/management-client.ts'
import { environmentOf, organizationOf } from '../local/only-one.ts'
import { type Command, option, positional } from './command.ts'
import { environmentOption, organizationOption } from './known-option.ts'

export const plan: Command = {
  name: 'plan',
  summary: 'Print the effective steps of an operation and where each comes from',
  usage: 'METHOD PATH [--group NAME] [--organization NAME] [--environment NAME]',
  options: {
    group: { type: 'string', meaning: 'The gateway group; `default` when absent.' },
    ...organizationOption,
    ...environmentOption,
  },
  examples: ['plan GET /warehouse/v1/items'],
  guide: 'docs/how-to/attach-a-policy.md',
  async run(call) {
    const [method, path] = positional(call, 'METHOD', 'PATH')
    const client = managementClient(call.settings)
    const organization = await organizationOf(call, client)
    const environment = await environmentOf(call, client, organization)
    const found = await client.planOperation({
      params: { organization, environment },
      query: { method, path, group: option(call, 'group') ?? DEFAULT_GATEWAY_GROUP },
    })
    for (const line of planLines(found)) call.print(line)
    return 0
  },
}

export function planLines(found: OperationPlan): string[] {
  const { organization, environment, revision, group, api, version, operation, method, path } = found
  return [
    `${method} ${path} is ${operation} of ${api}/${version} in ${organization}/${environment}#${revision}, at the gateway group ${group}.`,
    `It demands ${securityInWords(found.security)}.`,
    '',
    ...found.steps.flatMap((step, index) => stepLines(step, index + 1)),
    ...(found.steps.length === 0 ? ['No step: every call goes to the backend.'] : []),
    ...(found.lost.length === 0 ? [] : ['', 'Attached, but never run here:', ...found.lost.map(lostLine)]),
  ]
}

function stepLines(step: PlanStep, number: number): string[] {
  const config = JSON.stringify(step.config)
  const notes = [
    step.mode === 'enforce' ? '' : `${step.mode} only`,
    step.failOpen ? 'passes when it fails' : '',
    reachInWords(step.reach),
    step.replacedFor.length === 0 ? '' : `but not ${step.replacedFor.map(reachInWords).join(', nor ')}`,
  ].filter((note) => note !== '')
  return [
    `${String(number).padStart(2)}. ${step.policy} (${step.phase}) from ${step.origin}${notes.length === 0 ? '' : `, ${notes.join(', ')}`}`,
    ...(config === '{}' ? [] : [`    ${config}`]),
  ]
}

function reachInWords({ subscribers, when }: PlannedReach): string {
  const words = []
  if (subscribers !== undefined) {
    const { product, plan } = subscribers
    words.push(`for subscribers of ${plan === undefined ? product : `${product}/${plan}`}`)
  }
  if (when !== undefined) words.push(`when ${when}`)
  return words.join(' ')
}

function lostLine({ policy, origin, lostTo }: PlanLost): string {
  const why = lostTo === undefined ? 'the contract gives it nothing to do' : `${lostTo} is nearer`
  return `  - ${policy} from ${origin}: ${why}`
}

function securityInWords(security: OperationPlan['security']): string {
  if (security.length === 0) return 'nothing: it is public'
  return security
    .map((alternative) => {
      const schemes = Object.entries(alternative).map(([scheme, scopes]) =>
        scopes.length === 0 ? scheme : `${scheme} with ${scopes.join(' and ')}`,
      )
      return schemes.length === 0 ? 'nothing' : schemes.join(' together with ')
    })
    .join(', or ')
}
