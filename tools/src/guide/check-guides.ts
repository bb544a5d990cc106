import { posix } from 'node:path'
import type { Finding } from '../finding.ts'
import { manifestIn } from '../floor/workspace.ts'
import { exists, type Tree } from '../tree.ts'
import { commandsIn, pathsIn, scriptsIn } from './mention.ts'
import { type Quote, quotesOf } from './quote.ts'

const COMMANDS = /^apps\/portcullis\/src\/command\/([a-z-]+)\.ts$/
/** What the folder holds beside the commands: their common form, and their list. */
const NOT_COMMANDS = new Set(['command', 'commands'])

/** A changelog and a decision tell of a day that is past; what they name may since have gone. */
const HISTORY = /^CHANGELOG\.md$|^docs\/decisions\/\d/

/** Every path, npm script, command and link that a guide names is there. */
export function checkGuides(tree: Tree): Finding[] {
  const known = knownIn(tree)
  return tree.files
    .filter((file) => file.endsWith('.md') && !HISTORY.test(file))
    .flatMap((file) =>
      quotesOf(tree.read(file)).flatMap((quote) =>
        complaintsAbout(quote, file, tree, known).map((complaint) => ({
          file,
          line: quote.line,
          ...complaint,
        })),
      ),
    )
}

interface Known {
  readonly folders: readonly string[]
  readonly scripts: readonly string[]
  readonly commands: readonly string[]
}

function knownIn(tree: Tree): Known {
  const commands = tree.files.flatMap((file) => COMMANDS.exec(file)?.[1] ?? [])
  return {
    folders: [
      ...new Set(tree.files.filter((file) => file.includes('/')).map((file) => file.split('/')[0] as string)),
    ],
    scripts: Object.keys(manifestIn(tree, '').scripts ?? {}),
    commands: commands.filter((name) => !NOT_COMMANDS.has(name)),
  }
}

type Complaint = Pick<Finding, 'what' | 'mend'>

function complaintsAbout(quote: Quote, file: string, tree: Tree, known: Known): Complaint[] {
  if (quote.form === 'link') return linkIsBroken(quote.text, file, tree) ? [gone('links to', quote.text)] : []
  return [
    ...pathsIn(quote, known.folders)
      .filter((path) => !isThere(path, tree))
      .map((path) => gone('names the path', path)),
    ...scriptsIn(quote)
      .filter((script) => !known.scripts.includes(script))
      .map((script) => ({
        what: `names the npm script "${script}", which package.json does not have.`,
        mend: `Name one of ${known.scripts.join(', ')}.`,
      })),
    ...commandsIn(quote)
      .filter((command) => !known.commands.includes(command))
      .map((command) => ({
        what: `names the command "portcullis ${command}", which there is not.`,
        mend: `Name one of ${known.commands.join(', ')}.`,
      })),
  ]
}

function gone(verb: string, path: string): Complaint {
  return {
    what: `${verb} ${path}, which is not there.`,
    mend: 'Name a path that is there, or write that file.',
  }
}

/** `<id>` and `*` in a path stand for any one name. */
function isThere(path: string, tree: Tree): boolean {
  if (!/[<*]/.test(path)) return exists(tree, path)
  const glob = path.replaceAll(/<[^<>/]*>/g, '*')
  return tree.files.some((file) => posix.matchesGlob(file, glob) || posix.matchesGlob(file, `${glob}/**`))
}

function linkIsBroken(target: string, file: string, tree: Tree): boolean {
  if (/^[a-z]+:|^#|^\//.test(target)) return false
  const path = posix.join(posix.dirname(file), target.split('#')[0] as string)
  return path !== '.' && !exists(tree, path.replace(/\/$/, ''))
}
