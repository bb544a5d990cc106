import type { OperationPlan, PlanStep } from '@portcullis/api-client/route/revision'
import { managementClient } from '../local/management-client.ts'
import { environmentOf, organizationOf } from '../local/only-one.ts'
import { type Command, positional } from './command.ts'

export const plan: Command = {
  name: 'plan',
  summary: 'Print the effective steps of an operation and where each comes from',
  usage: 'METHOD PATH [--organization NAME] [--environment NAME]',
  options: { organization: { type: 'string' }, environment: { type: 'string' } },
  async run(call) {
    const [method, path] = positional(call, 'METHOD', 'PATH')
    const client = managementClient(call.settings)
    const organization = await organizationOf(call, client)
    const environment = await environmentOf(call, client, organization)
    const found = await client.planOperation({
      params: { organization, environment },
      query: { method, path },
    })
    for (const line of planLines(found)) call.print(line)
    return 0
  },
}

export function planLines(found: OperationPlan): string[] {
  const { organization, environment, revision, api, version, operation, method, path } = found
  return [
    `${method} ${path} is ${operation} of ${api}/${version} in ${organization}/${environment}#${revision}.`,
    `It demands ${securityInWords(found.security)}.`,
    '',
    ...found.steps.flatMap((step, index) => stepLines(step, index + 1)),
    ...(found.steps.length === 0 ? ['No step: every call goes to the backend.'] : []),
  ]
}

function stepLines(step: PlanStep, number: number): string[] {
  const config = JSON.stringify(step.config)
  const notes = [
    step.mode === 'enforce' ? '' : `${step.mode} only`,
    step.failOpen ? 'passes when it fails' : '',
    step.plan === undefined ? '' : `for subscribers of ${step.plan.product}/${step.plan.plan}`,
  ].filter((note) => note !== '')
  return [
    `${String(number).padStart(2)}. ${step.policy} (${step.phase}) from ${step.origin}${notes.length === 0 ? '' : `, ${notes.join(', ')}`}`,
    ...(config === '{}' ? [] : [`    ${config}`]),
  ]
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
