import { vocabulary, type Word } from '@portcullis/policy-kit/condition/vocabulary'

/** The reference page of what conditions and rules can ask about a call. */
export function conditionsPage(): string {
  return [
    '# Conditions',
    '',
    'What a condition (`when:` of an attachment) can ask about a call. It is an expression of [Cedar](https://docs.cedarpolicy.com/policies/syntax-operators.html) that is true or false:',
    '',
    '```yaml',
    'policies:',
    '  - policy: rate-limit',
    `    when: context.claims.tier == "free" && !(context.address.isInRange(ip("10.0.0.0/8")))`,
    '    config: { limit: 10, window: 1m }',
    '```',
    '',
    'What happens where a call leaves it without an answer is told in [the order of policies](../policies-order.md).',
    '',
    '## Attributes of `context`',
    '',
    '| `context.` | type | meaning | known |',
    '|---|---|---|---|',
    ...Object.entries(vocabulary).map(row),
    '',
    'An attribute that a call does not have is absent: ask with `context has country` before.',
    '',
    '## The others',
    '',
    '| | |',
    '|---|---|',
    '| `principal` | `User::"ada"`; `App::"robot"` where no user is involved; `Anonymous::"anonymous"` where nobody is known. It is in its roles and groups: `principal in Role::"clerk"`, `principal in Group::"sales"`. Attributes: `issuer`, `app`. |',
    '| `action` | `Action::"orderItem"`, the operation’s id. |',
    '| `resource` | `ApiVersion::"warehouse/v1"`, in `Api::"warehouse"`. Attributes: `api`, `version`, `classification`, `deprecated`. |',
    '',
    'This page is written by `npm run docs`.',
    '',
  ].join('\n')
}

function row([name, { type, meaning, knownAfter }]: [string, Word]): string {
  const known = knownAfter === undefined ? 'always' : `after \`${knownAfter}\``
  return `| \`${name}\` | ${type} | ${meaning.replaceAll('|', '\\|')} | ${known} |`
}
