import { isNode, type Node, nodesOf } from '../syntax.ts'
import { Refusal, type Words } from './words.ts'

/**
 * Adds the entry of a policy. How the result is broken into lines is left to the formatter.
 *
 * @throws {Refusal} when the text is not the catalogue that we know.
 */
export function addToCatalog(text: string, { name, camel }: Words): string {
  const list = nodesOf('late-catalog.ts', text).find(isCatalogList)
  if (list === undefined) {
    throw new Refusal(
      'packages/policies/src/late-catalog.ts has no list of policies that a line could be added to.',
    )
  }
  const beforeBracket = (list.end as number) - 1
  const entries = text.slice(0, beforeBracket).trimEnd()
  const entry = `late('${name}', () => import('./${name}/policy.ts').then(({ ${camel} }) => ${camel}))`
  return `${entries}${entries.endsWith(',') ? '' : ','} ${entry}${text.slice(beforeBracket)}`
}

/** The list of which every element is `late(…)` or `always(…)`. */
function isCatalogList(node: Node): boolean {
  if (node.type !== 'ArrayExpression' || !Array.isArray(node.elements) || node.elements.length === 0)
    return false
  return node.elements.every(
    (each) =>
      isNode(each) && isNode(each.callee) && (each.callee.name === 'late' || each.callee.name === 'always'),
  )
}
