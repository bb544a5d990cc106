import { parseSync } from 'rolldown/utils'
import { lineAt } from './tree.ts'

/** A node of the syntax tree (ESTree with TypeScript), of which no more is known than that. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}

/** Thrown for a file that is neither TypeScript nor JavaScript. */
export class SyntaxProblem extends Error {
  readonly line: number

  constructor(message: string, line: number) {
    super(message)
    this.line = line
  }
}

/** Every node of a module, from the top down. Throws a `SyntaxProblem`. */
export function nodesOf(file: string, text: string): Node[] {
  const { program, errors } = parseSync(file, text, { sourceType: 'module' })
  const error = errors[0]
  if (error !== undefined) {
    throw new SyntaxProblem(error.message, lineAt(text, error.labels[0]?.start ?? 0))
  }
  const nodes: Node[] = []
  // Not by recursion: how deeply a source may be nested is not ours to say.
  const waiting: unknown[] = [program]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (isNode(next)) nodes.push(next)
    if (typeof next === 'object' && next !== null) waiting.push(...Object.values(next).reverse())
  }
  return nodes
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}

export function textOf(literal: unknown): string | undefined {
  if (!isNode(literal) || literal.type !== 'Literal') return undefined
  return typeof literal.value === 'string' ? literal.value : undefined
}

const SOURCE = /\.(ts|tsx|mts|mjs|js|jsx)$/

export function isSource(file: string): boolean {
  return SOURCE.test(file)
}
