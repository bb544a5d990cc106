import type { Decision, TokenDecision } from '../decision/decision.ts'
import type { FaultLookup } from './explain.ts'
import { stepLines } from './explain-step.ts'

const ENDINGS: Readonly<Record<Decision['outcome'], string>> = {
  allowed: 'It was issued',
  answered: 'It was answered without a token',
  refused: 'It was refused',
  failed: 'It failed',
}

/** How a token request was decided, in words. */
export function explainToken(
  { id, at, client, subject, steps, outcome, status, code, micros }: Decision,
  { grant, audience, asked, given, seconds, why, approval }: TokenDecision,
  faults: FaultLookup,
): string[] {
  const fault = code === undefined ? undefined : faults(code)
  const because = code === undefined ? '' : `, because of ${code}`
  return [
    `${id}: a token was asked for at ${at}, by ${grant}.`,
    askedBy(client, subject),
    ...(audience === undefined ? [] : [`It is for ${audience}${scopesOf(asked, 'with')}.`]),
    ...(steps.length === 0 ? ['No token rule was meant.'] : stepLines(steps)),
    ...(given === undefined ? [] : [`It carries${scopesOf(given, '')}, for ${seconds ?? '?'} s.`]),
    ...(approval === undefined ? [] : [`Approval ${approval} stands between.`]),
    `${ENDINGS[outcome]}: status ${status}${because}, after ${micros} µs.`,
    ...(why === undefined ? [] : [`The app was told: ${why}.`]),
    ...(fault === undefined ? [] : [`${fault.title}.`, `What to do: ${fault.remedy}`]),
  ]
}

function askedBy(client: string | undefined, subject: string | undefined): string {
  if (client === undefined) return 'No app was identified.'
  if (subject === undefined || subject === client) return `The app "${client}" asked for itself.`
  return `The app "${client}" asked on behalf of "${subject}".`
}

function scopesOf(scopes: readonly string[] | undefined, before: string): string {
  if (scopes === undefined) return ''
  return ` ${before}${before === '' ? '' : ' '}${scopes.length === 0 ? 'no scopes' : scopes.join(' ')}`
}
