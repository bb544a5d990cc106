import { nodesOf, SyntaxProblem } from '../syntax.ts'

/** A name in the three spellings that code needs. */
export interface Words {
  /** `rate-limit` */
  readonly name: string
  /** `rateLimit` */
  readonly camel: string
  /** `RateLimit` */
  readonly Pascal: string
}

/** Why something can't be made, in one sentence for the person who asked. */
export class Refusal extends Error {}

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const MAX_CHARACTERS = 63
/** Words that the templates use for something else. */
const TAKEN = new Set(['catalog', 'catalogue', 'proceed', 'refuse', 'contract', 'policy', 'port', 'memory'])

/** @throws {Refusal} when it is no name, or code can't use it. */
export function wordsOf(name: string): Words {
  if (!NAME.test(name) || name.length > MAX_CHARACTERS) {
    throw new Refusal(
      `"${name.slice(0, 80)}" is no name: write lower-case letters, digits and single hyphens, such as rate-limit.`,
    )
  }
  const Pascal = name.replaceAll(/(?:^|-)(.)/g, (_, first: string) => first.toUpperCase())
  const camel = Pascal.charAt(0).toLowerCase() + Pascal.slice(1)
  if (TAKEN.has(name) || isReserved(camel))
    throw new Refusal(`"${name}" is a word that code needs for itself.`)
  return { name, camel, Pascal }
}

/** Puts the words where a template says `{{name}}`, `{{camel}}` or `{{Pascal}}`. */
export function fill(template: string, words: Words): string {
  return template.replaceAll(/\{\{(name|camel|Pascal)\}\}/g, (_, spelling: keyof Words) => words[spelling])
}

function isReserved(identifier: string): boolean {
  try {
    nodesOf('word.ts', `export const ${identifier} = 1`)
    return false
  } catch (thrown) {
    if (thrown instanceof SyntaxProblem) return true
    throw thrown
  }
}
