import { compileCondition } from '@portcullis/cedar/compile-condition'
import type { EstExpression } from '@portcullis/cedar/est'
import { cedarFaults } from '@portcullis/cedar/fault'
import { timeZoneNamed } from '@portcullis/kernel/time-zone'
import { isAfter, type Phase } from '../phase.ts'
import { vocabulary } from './vocabulary.ts'

/** Where something is asked. */
export interface Asked {
  /** The phase of the policy that asks. */
  readonly phase: Phase
  /** Whether the policy reads the body before it asks. */
  readonly readsBody: boolean
}

/**
 * What an expression asks of `context` and can't be told there: words that nobody knows, that are known only later, or
 * that need the body. Empty when all is well. Asked when publishing and again when loading.
 */
export function objectionsToCondition(expression: EstExpression, phase: Phase): string[] {
  // The condition is asked before the policy reads anything.
  const objections = objectionsToWords(expression, { phase, readsBody: false })
  return objections.length > 0 ? objections : objectionsOfCompiler(expression)
}

function objectionsOfCompiler(expression: EstExpression): string[] {
  try {
    compileCondition(expression)
    return []
  } catch (thrown) {
    if (cedarFaults.unsupported.is(thrown)) return [thrown.detail ?? thrown.title]
    throw thrown
  }
}

/** The same of an expression that a policy has in its config: it may have read the body. */
export function objectionsToWords(expression: EstExpression, asked: Asked): string[] {
  const paths = [...contextPaths(expression)]
  return [...new Set(paths.flatMap((path) => objections(path, asked)))]
}

function objections([name = '', of]: readonly string[], { phase, readsBody }: Asked): string[] {
  const word = Object.hasOwn(vocabulary, name) ? vocabulary[name] : undefined
  if (word === undefined) {
    return [`there is no context.${name}; there are ${Object.keys(vocabulary).join(', ')}`]
  }
  if (word.ofBody === true && !readsBody)
    return [`context.${name} is known only to policies that read the body`]
  if (word.knownAfter !== undefined && !isAfter(phase, word.knownAfter)) {
    return [`context.${name} is known only after the phase ${word.knownAfter}, and this runs in ${phase}`]
  }
  if (name === 'zone' && of !== undefined && timeZoneNamed(of) === undefined)
    return [`there is no time zone "${of}"`]
  return []
}

/** The attributes of `context` that an expression names, each with the one that it asks of it: `zone`, `Europe/Berlin`. */
function* contextPaths(node: unknown): Generator<readonly string[]> {
  if (Array.isArray(node)) {
    for (const each of node) yield* contextPaths(each)
    return
  }
  if (typeof node !== 'object' || node === null) return
  const path = pathOf(node as Readonly<Record<string, unknown>>)
  if (path !== undefined && path.length > 0) yield path
  else for (const each of Object.values(node)) yield* contextPaths(each)
}

/** `context.a.b` and `context has a.b` as `a`, `b`; `undefined` for what is no attribute of the context. */
function pathOf(node: Readonly<Record<string, unknown>>): string[] | undefined {
  if (node.Var === 'context') return []
  const access = (node['.'] ?? node.has) as { left?: unknown; attr?: unknown } | undefined
  if (typeof access?.left !== 'object' || access.left === null) return undefined
  const left = pathOf(access.left as Readonly<Record<string, unknown>>)
  return left === undefined ? undefined : [...left, ...[access.attr].flat().map(String)]
}
