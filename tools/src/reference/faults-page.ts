import { kindsOf } from '@portcullis/kernel/fault'
import type { FoundFamily } from './find-fault-families.ts'

/** The reference page of every fault: what it means and what to do. */
export function faultsPage(families: readonly FoundFamily[]): string {
  return [
    '# Faults',
    '',
    'Everything that can be refused or go wrong has a stable code. A caller reads it in the problem document (RFC 9457) as `code`, an operator in the decision record, an author in the list of findings.',
    '',
    ...families.flatMap(({ area, file, family }) => [
      `## ${area}`,
      '',
      `Declared in \`${file}\`.`,
      '',
      '| code | status | meaning | what to do |',
      '|---|---|---|---|',
      ...kindsOf(family).map(
        ({ code, status, title, remedy }) => `| \`${code}\` | ${status} | ${cell(title)} | ${cell(remedy)} |`,
      ),
      '',
    ]),
    'This page is written by `npm run docs`.',
    '',
  ].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
