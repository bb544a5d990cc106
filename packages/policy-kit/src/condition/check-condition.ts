import { compileCondition } from '@portcullis/cedar/compile-condition'
import type { EstExpression } from '@portcullis/cedar/est'
import { cedarFaults } from '@portcullis/cedar/fault'
import { timeZoneNamed } from '@portcullis/kernel/time-zone'
import { isAfter, type Phase } from '../phase.ts'
import { vocabulary, type Word } from './vocabulary.ts'

/**
 * What an expression asks of `context` and can't be told in a phase: words that nobody knows, or that are known only
 * later. Empty when all is well. Asked when publishing and again when loading.
 */
export function objectionsToCondition(expression: EstExpression, phase: Phase): string[] {
  const objections = objectionsToWords(expression, phase)
  return objections.length > 0 ? objections : objectionsOfCompiler(expression)
}

/** Whether an expression asks the body, which is then read before it is asked. */
export function asksBody(expression: EstExpression): boolean {
  return [...contextPaths(expression)].some(([name = '']) => wordNamed(name)?.ofBody === true)
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

/** The same without asking whether it can be compiled. */
export function objectionsToWords(expression: EstExpression, phase: Phase): string[] {
  const paths = [...contextPaths(expression)]
  return [...new Set(paths.flatMap((path) => objections(path, phase)))]
}

function wordNamed(name: string): Word | undefined {
  return Object.hasOwn(vocabulary, name) ? vocabulary[name] : undefined
}

function objections([name = '', of]: readonly string[], phase: Phase): string[] {
  const word = wordNamed(name)
  if (word === undefined) {
    return [`there is no context.${name}; there are ${Object.keys(vocabulary).join(', ')}`]
  }
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
