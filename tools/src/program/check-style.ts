import { isAbsolute, relative } from 'node:path'
import type { Finding } from '../finding.ts'
import { runProgram } from './run-program.ts'
import { unexplained } from './unexplained.ts'

/** What Biome says of form and style. */
export async function checkStyle(root: string, paths: readonly string[] = ['.']): Promise<Finding[]> {
  const args = ['check', ...paths, '--reporter=github', '--max-diagnostics=none', '--error-on-warnings']
  const { code, output } = await runProgram(root, 'node_modules/@biomejs/biome/bin/biome', args)
  return unexplained('biome', code, output, styleErrorsIn(output, root))
}

/** `::error title=lint/…,file=a.ts,line=1,endLine=1,col=10,endColumn=13::Unexpected any.` */
export function styleErrorsIn(output: string, root: string): Finding[] {
  return output.split('\n').flatMap((line) => {
    const [, rule, file, row, what] =
      /^::(?:error|warning|notice) title=([^,]+),file=([^,]+),line=(\d+)[^:]*::(.*)$/.exec(line) ?? []
    if (!rule || !file || !row || what === undefined) return []
    const mend =
      rule === 'format' || rule.startsWith('assist')
        ? 'Run npx biome check --write on it.'
        : `See biome explain ${rule.split('/').at(-1)}.`
    const where = isAbsolute(file) ? relative(root, file) : file
    return [{ file: where, line: Number(row), what: `${rule}: ${what}`, mend }]
  })
}
