import { isNode, type Node, nodesOf } from '../syntax.ts'
import { Refusal, type Words } from './words.ts'

/**
 * Adds the import of a policy and its entry. How the result is broken into lines is left to the formatter.
 *
 * @throws {Refusal} when the text is not the catalogue that we know.
 */
export function addToCatalog(text: string, { name, camel }: Words): string {
  const nodes = nodesOf('catalog.ts', text)
  const lastImport = nodes.findLast((node) => node.type === 'ImportDeclaration')
  const list = nodes.find(isCatalogList)
  if (lastImport === undefined || list === undefined) {
    throw new Refusal(
      'packages/policies/src/catalog.ts has no list of policies that a line could be added to.',
    )
  }
  const beforeBracket = endOf(list) - 1
  const afterImports = endOf(lastImport)
  const entries = text.slice(afterImports, beforeBracket).trimEnd()
  const separator = entries.endsWith(',') || entries.endsWith('[') ? '' : ','
  return [
    text.slice(0, afterImports),
    `\nimport { ${camel} } from './${name}/policy.ts'`,
    `${entries}${separator} anyPolicy(${camel})`,
    text.slice(beforeBracket),
  ].join('')
}

/** The list of which every element is `anyPolicy(…)`. */
function isCatalogList(node: Node): boolean {
  if (node.type !== 'ArrayExpression' || !Array.isArray(node.elements) || node.elements.length === 0)
    return false
  return node.elements.every(
    (each) => isNode(each) && isNode(each.callee) && each.callee.name === 'anyPolicy',
  )
}

function endOf(node: Node): number {
  return node.end as number
}
