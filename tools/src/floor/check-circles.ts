import { posix } from 'node:path'
import type { Finding } from '../finding.ts'
import { isSource, SyntaxProblem } from '../syntax.ts'
import type { Tree } from '../tree.ts'
import { importsIn } from './import.ts'

interface Way {
  readonly to: string
  readonly line: number
}

/**
 * Refuses files of a package that need each other before either has run: which of them finds the other empty then
 * depends on who is imported first. Types alone may refer to each other, as they are gone by then. (Packages can't form
 * circles, by their floors.)
 */
export function checkCircles(tree: Tree): Finding[] {
  const files = new Set(tree.files.filter(isSource))
  const ways = new Map([...files].map((file) => [file, waysFrom(tree, file, files)]))
  const done = new Set<string>()
  return [...files].flatMap((file) => circlesFrom(file, ways, done))
}

function waysFrom(tree: Tree, file: string, files: ReadonlySet<string>): Way[] {
  try {
    return importsIn(tree, file)
      .filter(({ typeOnly, computed, specifier }) => !typeOnly && !computed && specifier.startsWith('.'))
      .map(({ specifier, line }) => ({ to: posix.join(posix.dirname(file), specifier), line }))
      .filter(({ to }) => files.has(to))
  } catch (thrown) {
    // The floors say where it can't be read.
    if (thrown instanceof SyntaxProblem) return []
    throw thrown
  }
}

/** Goes everywhere that was not gone to yet; a way back to where it came by closes a circle. */
function circlesFrom(start: string, ways: ReadonlyMap<string, Way[]>, done: Set<string>): Finding[] {
  const findings: Finding[] = []
  const path: string[] = []
  const waiting: { readonly file: string; readonly left: Way[] }[] = []
  const enter = (file: string): void => {
    done.add(file)
    path.push(file)
    waiting.push({ file, left: [...(ways.get(file) ?? [])] })
  }
  if (!done.has(start)) enter(start)
  for (let here = waiting.at(-1); here !== undefined; here = waiting.at(-1)) {
    const way = here.left.shift()
    if (way === undefined) {
      waiting.pop()
      path.pop()
    } else if (path.includes(way.to)) {
      findings.push(circle(here.file, way, path.slice(path.indexOf(way.to))))
    } else if (!done.has(way.to)) enter(way.to)
  }
  return findings
}

function circle(file: string, { to, line }: Way, through: readonly string[]): Finding {
  return {
    file,
    line,
    what: `imports ${to}, which needs this file: ${[...through, to].join(' → ')}.`,
    mend: 'Move what both need into a file of its own.',
  }
}
