import type { PolicyReport, ReportedPolicy, Uncallable } from '@portcullis/api-client/route/policy-report'
import { managementClient } from '../local/management-client.ts'
import { environmentOf, organizationOf } from '../local/only-one.ts'
import { type Command, commandFaults, option } from './command.ts'
import { environmentOption, organizationOption } from './known-option.ts'

const mentioned = (what: string) => ({ type: 'string', meaning: `Only what mentions this ${what}.` }) as const

export const policies: Command = {
  name: 'policies',
  summary: 'Tell which policies mention what, what nobody can call, and what contradicts what',
  usage:
    'report [--attribute PATH] [--role NAME] [--group NAME] [--scope NAME] [--data-class NAME] [--api NAME] [--operation ID] [--json] [--organization NAME] [--environment NAME]',
  options: {
    attribute: mentioned('word of conditions'),
    role: mentioned('role'),
    group: mentioned('group'),
    scope: mentioned('scope'),
    'data-class': mentioned('data class'),
    api: mentioned('API'),
    operation: mentioned('operation'),
    json: { type: 'boolean', meaning: 'Print it as JSON, for programs.' },
    ...organizationOption,
    ...environmentOption,
  },
  examples: ['policies report --attribute context.claims.country --json'],
  guide: 'docs/how-to/report-policies.md',
  async run(call) {
    const [action, ...rest] = call.positionals
    if (action !== 'report' || rest.length > 0) {
      throw commandFaults.usage()
    }
    const client = managementClient(call.settings)
    const organization = await organizationOf(call, client)
    const environment = await environmentOf(call, client, organization)
    const asked = {
      attribute: option(call, 'attribute'),
      role: option(call, 'role'),
      group: option(call, 'group'),
      scope: option(call, 'scope'),
      dataClass: option(call, 'data-class'),
      api: option(call, 'api'),
      operation: option(call, 'operation'),
    }
    const query = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
    const report = await client.reportPolicies({ params: { organization, environment }, query })
    const lines = call.values.json === true ? [JSON.stringify(report, null, 2)] : reportLines(report)
    for (const line of lines) call.print(line)
    return 0
  },
}

export function reportLines(report: PolicyReport): string[] {
  const { organization, environment, revision, leftOut } = report
  return [
    `Policies of ${organization}/${environment}#${revision}.`,
    '',
    ...policyLines(report.policies),
    ...more(leftOut.policies),
    ...section('Nobody can call:', report.uncallable.map(uncallableLine)),
    ...section('Whatever the first permits, the second forbids:', contradicting(report, 'always')),
    ...section('The second forbids some of what the first permits, or may:', contradicting(report, 'may')),
    ...more(leftOut.contradictions),
    ...section('Never holds:', report.impossible),
    ...section(
      'Says the same as another:',
      report.duplicates.map(({ policy, of }) => `${policy} as ${of}`),
    ),
    ...section(
      'Holds only where another holds too:',
      report.shadowed.map(({ policy, by }) => `${policy} in the shadow of ${by}`),
    ),
  ]
}

const HEAD = ['policy', 'kind', 'operations', 'mentions']

function policyLines(found: readonly ReportedPolicy[]): string[] {
  if (found.length === 0) return ['No policy mentions this.']
  const rows = [HEAD, ...found.map(row)]
  const width = (column: number): number => Math.max(...rows.map((each) => each[column]?.length ?? 0))
  const widths = [0, 1, 2].map(width)
  return rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function row(policy: ReportedPolicy): string[] {
  const { name, kind, effect, mode, operations, apis, attributes, roles, groups, scopes, dataClasses } =
    policy
  const what = effect ?? (mode === undefined || mode === 'enforce' ? kind : `${kind} (${mode})`)
  const where = operations === 0 ? 'none' : `${operations} of ${apis.join(', ')}`
  const named = [
    ...attributes,
    ...roles.map((each) => `role ${each}`),
    ...groups.map((each) => `group ${each}`),
    ...scopes.map((each) => `scope ${each}`),
    ...dataClasses.map((each) => `data ${each}`),
  ]
  return [name, what, where, named.join(', ')]
}

function uncallableLine({ api, version, operation, reasons }: Uncallable): string {
  return `${operation} of ${api}/${version}: ${reasons.map(({ policy, reason }) => `${reason} (${policy})`).join('; ')}`
}

function contradicting({ contradictions }: PolicyReport, wanted: 'always' | 'may'): string[] {
  return contradictions.flatMap(({ permit, forbid, how }) =>
    how === wanted ? [`${permit} and ${forbid}`] : [],
  )
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)]
}

function more(count: number): string[] {
  return count === 0 ? [] : [`  … and ${count} more`]
}
