import { z } from '@portcullis/kernel/schema'
import { comparePolicies } from '@portcullis/policy-kit/phase'
import type { AnyPolicy, Catalog } from '@portcullis/policy-kit/policy'

/** The reference page of the policies, in the order in which they run. */
export function policiesPage(catalog: Catalog): string {
  const ordered = catalog.toSorted((a, b) => comparePolicies(a.contract, b.contract))
  return [
    '# Policies',
    '',
    'In the order in which they run. How they are attached and which attachment wins is told in [attach a policy](../how-to/attach-a-policy.md).',
    '',
    ...ordered.flatMap(section),
    'This page is written by `npm run docs`.',
    '',
  ].join('\n')
}

function section({ contract }: AnyPolicy): string[] {
  const facts = [
    `phase \`${contract.phase}\``,
    `stacking \`${contract.stacking}\``,
    contract.derive === undefined || contract.onlyAttached
      ? 'runs where it is attached'
      : 'runs where the contract asks for it',
    contract.mayFailOpen ? 'may fail open' : 'always fails closed',
  ]
  return [
    `## ${contract.id}`,
    '',
    contract.summary,
    '',
    `${facts.join(' · ')}. Examples: \`packages/policies/src/${contract.id}/README.md\`.`,
    '',
    ...configTable(contract.config),
  ]
}

interface SchemaObject {
  readonly properties?: Readonly<Record<string, SchemaObject>>
  readonly required?: readonly string[]
  readonly description?: string
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly default?: unknown
}

function configTable(config: AnyPolicy['contract']['config']): string[] {
  const { properties = {}, required = [] } = z.toJSONSchema(config, { io: 'input' }) as SchemaObject
  const rows = Object.entries(properties)
  if (rows.length === 0) return ['It has no config.', '']
  return [
    '| key | type | default | meaning |',
    '|---|---|---|---|',
    ...rows.map(([key, schema]) => {
      const byDefault = schema.default === undefined ? 'none' : `\`${JSON.stringify(schema.default)}\``
      const cells = [
        `\`${key}\``,
        typeOf(schema),
        required.includes(key) ? 'required' : byDefault,
        schema.description ?? '',
      ]
      return `| ${cells.map((each) => each.replaceAll('|', '\\|')).join(' | ')} |`
    }),
    '',
  ]
}

function typeOf(schema: SchemaObject): string {
  return schema.enum === undefined ? (schema.type ?? 'any of several') : schema.enum.map(String).join(' or ')
}
