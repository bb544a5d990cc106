import { isNode, type Node, nodesOf, textOf } from '../syntax.ts'
import { lineAt, type Tree } from '../tree.ts'

/** Something that a file takes from another module, in whatever form it is written. */
export interface Import {
  /** As written, such as `./rules.ts` or `@portcullis/kernel/fault`; of a computed one its fixed beginning. */
  readonly specifier: string
  /** A dynamic import whose specifier is put together when it runs. */
  readonly computed: boolean
  /** It vanishes when types are stripped. */
  readonly typeOnly: boolean
  readonly line: number
}

type Taken = Omit<Import, 'line'>

/**
 * Every import of a file: `import`, `import type`, `export … from`, `import()`, `import('…').Type` and
 * `require()`. Read from the syntax tree, so that a text or a comment that looks like an import is none.
 */
export function importsOf(file: string, text: string): Import[] {
  return nodesOf(file, text).flatMap((node) => {
    const taken = takenBy(node)
    return taken === undefined ? [] : [{ ...taken, line: lineAt(text, node.start) }]
  })
}

const read = new WeakMap<Tree, Map<string, Import[]>>()

/** The same of a file of the tree, for which its syntax is read once. */
export function importsIn(tree: Tree, file: string): Import[] {
  const known = read.get(tree) ?? new Map<string, Import[]>()
  read.set(tree, known)
  const imports = known.get(file) ?? importsOf(file, tree.read(file))
  known.set(file, imports)
  return imports
}

function takenBy(node: Node): Taken | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
      return from(node.source, node.importKind === 'type' || onlyTypes(node.specifiers, 'importKind'))
    case 'ExportNamedDeclaration':
      return from(node.source, node.exportKind === 'type' || onlyTypes(node.specifiers, 'exportKind'))
    case 'ExportAllDeclaration':
      return from(node.source, node.exportKind === 'type')
    case 'TSImportType':
      return from(node.source, true)
    case 'TSExternalModuleReference':
      return from(node.expression, false)
    case 'ImportExpression':
      return from(node.source, false)
    case 'CallExpression':
      return isNode(node.callee) && node.callee.name === 'require' && Array.isArray(node.arguments)
        ? from(node.arguments[0], false)
        : undefined
    default:
      return undefined
  }
}

function from(source: unknown, typeOnly: boolean): Taken | undefined {
  if (!isNode(source)) return undefined
  const specifier = textOf(source)
  if (specifier !== undefined) return { specifier, computed: false, typeOnly }
  return { specifier: fixedBeginning(source), computed: true, typeOnly }
}

function fixedBeginning(source: Node): string {
  const first: unknown = Array.isArray(source.quasis) ? source.quasis[0] : undefined
  if (!isNode(first)) return ''
  const { cooked } = first.value as { readonly cooked?: unknown }
  return typeof cooked === 'string' ? cooked : ''
}

/** `import { type A, type B }` takes nothing but types; `import 'x'` has no specifiers and runs it. */
function onlyTypes(specifiers: unknown, kind: 'importKind' | 'exportKind'): boolean {
  if (!Array.isArray(specifiers) || specifiers.length === 0) return false
  return specifiers.every((each) => isNode(each) && each[kind] === 'type')
}
