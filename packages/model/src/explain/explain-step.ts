import type { DecisionStep } from '../decision/decision.ts'

/** What each step said, for a person to read. */
export function stepLines(steps: readonly DecisionStep[]): string[] {
  if (steps.length === 0) return ['No step ran.']
  return ['The steps, in their order:', ...steps.map((step, i) => `  ${i + 1}. ${stepLine(step)}`)]
}

function stepLine(step: DecisionStep): string {
  const saw = Object.entries(step.saw ?? {}).map(([name, value]) => `${name} = ${value}`)
  return [
    `${step.policy} (${step.origin}) ${said(step)}`,
    ...unanswered(step),
    ...(saw.length === 0 ? [] : [`it looked at ${saw.join(', ')}`]),
    `${step.micros} µs`,
  ].join('; ')
}

function said({ verdict, code, mode, when }: DecisionStep): string {
  const what = {
    proceed: 'let it pass',
    respond: 'answered it',
    refuse: code === undefined ? 'refused it' : `refused it with ${code}`,
    delay: 'made it wait',
    skip: when?.error === undefined ? 'did not run, as its condition did not hold' : 'did not run',
  }[verdict]
  return mode === 'enforce' || verdict === 'proceed' || verdict === 'skip'
    ? what
    : `would have ${what}, but is only observed`
}

/** A condition without an answer is a slip of whoever wrote it, or a call that leaves something out. */
function unanswered({ when }: DecisionStep): string[] {
  if (when?.error === undefined) return []
  return [`its condition had no answer (${when.error}), so it ${when.holds ? 'ran' : 'did not run'}`]
}
