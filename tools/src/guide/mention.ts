import type { Quote } from './quote.ts'

/** Words that look like a path of the repository: they have a slash and begin with one of its folders. */
export function pathsIn(quote: Quote, folders: readonly string[]): string[] {
  const words = quote.text.split(/[\s"'`()[\],;=|&]+/)
  return words
    .map((word) =>
      word
        .replace(/^\.\//, '')
        .replace(/:\d+$/, '')
        .replace(/[.:]+$/, '')
        .replace(/\/$/, ''),
    )
    .filter((word) => word.includes('/') && folders.includes(word.split('/')[0] as string))
    .filter((word) => !/[{}$…]/.test(word))
}

const BUILT_IN_SCRIPTS = /\bnpm (start|test)\b/g

/** `npm run check` → check; `npm test` → test. */
export function scriptsIn(quote: Quote): string[] {
  const run = Array.from(quote.text.matchAll(/\bnpm run ([A-Za-z0-9:-]+)/g), ([, script]) => script as string)
  return [...run, ...Array.from(quote.text.matchAll(BUILT_IN_SCRIPTS), ([, script]) => script as string)]
}

/** `portcullis` where a shell would look for a program, and the word that comes after it. */
const COMMAND =
  /(?:^|[|&;(] *|\$ +)(?:npx +|npm exec +)?(?:\.\/)?(?:node_modules\/\.bin\/)?portcullis +([a-z][a-z-]*)/g

export function commandsIn(quote: Quote): string[] {
  return Array.from(quote.text.matchAll(COMMAND), ([, command]) => command as string)
}
