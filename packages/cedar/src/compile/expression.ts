import type { Json } from '@portcullis/kernel/json'
import { valueOfCedarJson } from '../json.ts'
import { parseLong } from '../long.ts'
import { accessNodes } from './access.ts'
import { arithmeticNodes } from './arithmetic.ts'
import { type Code, constantOf } from './code.ts'
import { collectionNodes } from './collection.ts'
import { extensionNodes } from './extension-call.ts'
import { logicNodes } from './logic.ts'
import { type CompileNode, objectOf, textOf, unsupported } from './node.ts'

/** Deeper than any policy that a person reads; chains of `&&` and `||` count once. */
const DEPTH_MAX = 500

const nodes = new Map<string, CompileNode>(
  Object.entries({
    Value: (content: Json) => constantOf(valueOfCedarJson(content)),
    Long: (content: Json) => {
      const value = parseLong(textOf(content, 'Long'))
      if (value === undefined) throw unsupported('Long: does not fit into 64 bits')
      return constantOf(value)
    },
    ...logicNodes,
    ...arithmeticNodes,
    ...collectionNodes,
    ...accessNodes,
    ...extensionNodes,
  }),
)

/** Compiles an expression of Cedar's JSON format. Throws `cedar.unsupported` for whatever it does not know. */
export function compileExpression(node: Json | undefined, depth = 0): Code {
  if (depth > DEPTH_MAX) throw unsupported(`An expression is nested deeper than ${DEPTH_MAX}`)
  const entries = Object.entries(objectOf(node, 'expression'))
  const [entry] = entries
  const compile = entry === undefined || entries.length > 1 ? undefined : nodes.get(entry[0])
  if (compile === undefined || entry === undefined) {
    throw unsupported(`Not an expression: ${entries.map(([key]) => key).join(', ')}`)
  }
  return compile(entry[1], (part) => compileExpression(part, depth + 1))
}
