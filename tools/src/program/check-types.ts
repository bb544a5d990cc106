import type { Finding } from '../finding.ts'
import { runProgram } from './run-program.ts'
import { unexplained } from './unexplained.ts'

/** The TypeScript compiler's own errors, of all that a project has and imports. */
export async function checkTypes(root: string, project = 'tsconfig.json'): Promise<Finding[]> {
  const args = ['--noEmit', '--pretty', 'false', '--project', project]
  const { code, output } = await runProgram(root, 'node_modules/typescript/bin/tsc', args)
  return unexplained('tsc', code, output, typeErrorsIn(output))
}

/** `packages/model/src/plan.ts(3,7): error TS2322: Type …`; the lines that follow are indented. */
export function typeErrorsIn(output: string): Finding[] {
  return output.split('\n').flatMap((line) => {
    const [, file, row, what] = /^([^\s(][^(]*)\((\d+),\d+\): error (TS\d+: .*)$/.exec(line) ?? []
    return file && row && what ? [{ file, line: Number(row), what, mend: '' }] : []
  })
}
