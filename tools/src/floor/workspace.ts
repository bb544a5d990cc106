import type { Tree } from '../tree.ts'

/** A package of ours: a folder below the root with a package.json. */
export interface Workspace {
  /** Such as `packages/kernel`. */
  readonly folder: string
  /** Such as `@portcullis/kernel`. */
  readonly name: string
  readonly manifest: Manifest
}

/** What the checkers read of a package.json. */
export interface Manifest {
  readonly name?: string
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** The package.json of a folder, `''` for the root; empty where there is none. */
export function manifestIn(tree: Tree, folder: string): Manifest {
  const file = folder === '' ? 'package.json' : `${folder}/package.json`
  return tree.files.includes(file) ? (JSON.parse(tree.read(file)) as Manifest) : {}
}

export function workspacesOf(tree: Tree): Workspace[] {
  const manifests = tree.files.filter((file) => file.endsWith('/package.json'))
  return manifests.map((file) => {
    const folder = file.slice(0, -'/package.json'.length)
    const manifest = manifestIn(tree, folder)
    return { folder, name: manifest.name ?? folder, manifest }
  })
}

/** The innermost workspace that holds a file. */
export function workspaceOf(workspaces: readonly Workspace[], file: string): Workspace | undefined {
  return workspaces
    .filter((each) => file.startsWith(`${each.folder}/`))
    .toSorted((a, b) => b.folder.length - a.folder.length)[0]
}
