import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const FOLDER = 'docs/how-to'
const INDEX = 'README.md'

interface Guide {
  readonly file: string
  readonly title: string
  /** The first sentence of the page. */
  readonly about: string
}

/** The list of all how-to pages, drawn from what they say of themselves. */
export function howToPage(root: string): string {
  const guides = readdirSync(join(root, FOLDER))
    .filter((file) => file.endsWith('.md') && file !== INDEX)
    .map((file) => guideOf(file, readFileSync(join(root, FOLDER, file), 'utf8')))
    .toSorted((a, b) => (a.title < b.title ? -1 : 1))
  const rows = guides.map(({ file, title, about }) => `| [${title}](${file}) | ${about} |`)
  return `# How to\n\nOne page for each task. Commands are run in the folder where Portcullis was installed.\n\n| | |\n|---|---|\n${rows.join('\n')}\n`
}

/** Throws for a page that does not begin with a title and a paragraph. */
function guideOf(file: string, text: string): Guide {
  const [first = '', ...paragraphs] = text.split(/\n\s*\n/)
  const about = paragraphs.find((each) => /^(?!```)[A-Z`["]/.test(each))
  if (!first.startsWith('# ') || about === undefined) {
    throw new Error(`${FOLDER}/${file} does not begin with a title and a paragraph`)
  }
  return { file, title: first.slice(2).trim(), about: firstSentenceOf(about) }
}

function firstSentenceOf(paragraph: string): string {
  const line = paragraph.replaceAll('\n', ' ').replaceAll('|', '\\|')
  const end = line.search(/[.:](\s|$)/)
  return end < 0 ? line : `${line.slice(0, end)}.`
}
