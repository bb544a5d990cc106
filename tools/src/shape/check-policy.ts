import type { Finding } from '../finding.ts'
import { importsOf } from '../floor/import.ts'
import { isNode, nodesOf, textOf } from '../syntax.ts'
import { foldersIn, type Tree } from '../tree.ts'

const POLICIES = 'packages/policies/src'
const CATALOG = `${POLICIES}/late-catalog.ts`
const FILES = ['README.md', 'contract.ts', 'rules.ts', 'policy.ts', 'policy.test.ts']

/**
 * Every policy is one folder of the same files, is called as its folder, and is listed in the catalogue. A folder with none
 * of these files is no policy: it is a room of what several policies share.
 */
export function checkPolicies(tree: Tree): Finding[] {
  const listed = tree.files.includes(CATALOG)
    ? importsOf(CATALOG, tree.read(CATALOG)).map((each) => each.specifier)
    : []
  const policies = foldersIn(tree, POLICIES).filter((id) => isPolicy(tree, `${POLICIES}/${id}`))
  return policies.flatMap((id) => {
    const folder = `${POLICIES}/${id}`
    return [
      ...missing(tree, folder),
      ...surplus(tree, folder),
      ...misnamed(tree, folder, id),
      ...(listed.includes(`./${id}/policy.ts`) ? [] : [unlisted(id)]),
    ]
  })
}

function isPolicy(tree: Tree, folder: string): boolean {
  return FILES.some((name) => tree.files.includes(`${folder}/${name}`))
}

function missing(tree: Tree, folder: string): Finding[] {
  return FILES.filter((name) => !tree.files.includes(`${folder}/${name}`)).map((name) => ({
    file: `${folder}/${name}`,
    what: 'is missing: a policy is README.md, contract.ts, rules.ts, policy.ts and policy.test.ts.',
    mend: 'Write it; npm run new policy shows its form.',
  }))
}

/** Beyond those only further rules, each with or without a test of its own; of several methods each in a folder of its own. */
function surplus(tree: Tree, folder: string): Finding[] {
  const names = tree.files
    .filter((file) => file.startsWith(`${folder}/`))
    .map((file) => file.slice(folder.length + 1))
  return names
    .filter((name) => !FILES.includes(name) && !/^(method\/[a-z0-9-]+\/)?[^/]+\.ts$/.test(name))
    .map((name) => ({
      file: `${folder}/${name}`,
      what: 'is no file of a policy.',
      mend: 'Move it elsewhere; beside the five files there are only further rules, as .ts files, and method/NAME/ for each of several methods.',
    }))
}

function misnamed(tree: Tree, folder: string, id: string): Finding[] {
  const file = `${folder}/contract.ts`
  if (!tree.files.includes(file)) return []
  const found = contractIdIn(file, tree.read(file))
  if (found === id) return []
  const what = found === undefined ? 'declares no policy contract.' : `declares the policy "${found}".`
  return [{ file, what, mend: `A policy's id is the name of its folder: id: '${id}'.` }]
}

/** The `id` of the object that also has a `phase`: the policy's contract. */
function contractIdIn(file: string, text: string): string | undefined {
  for (const node of nodesOf(file, text)) {
    if (node.type !== 'ObjectExpression' || !Array.isArray(node.properties)) continue
    const properties = node.properties.filter(isNode)
    const named = (name: string): unknown =>
      properties.find((each) => isNode(each.key) && each.key.name === name)?.value
    if (named('phase') !== undefined) return textOf(named('id'))
  }
  return undefined
}

function unlisted(id: string): Finding {
  return {
    file: CATALOG,
    what: `does not list the policy "${id}".`,
    mend: `Add a line that loads ./${id}/policy.ts.`,
  }
}
