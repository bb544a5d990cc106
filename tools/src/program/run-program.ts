import { spawn } from 'node:child_process'
import { join } from 'node:path'

export interface Ran {
  readonly code: number
  readonly output: string
}

/** Far more than a broken tree prints; a program that prints without end is stopped. */
const MAX_OUTPUT_CHARACTERS = 4_000_000

/**
 * Runs a script below the root with the Node that runs us: which other Node the machine may have does not matter. Resolves however the program ends.
 */
export function runProgram(root: string, script: string, args: readonly string[]): Promise<Ran> {
  const { promise, resolve, reject } = Promise.withResolvers<Ran>()
  const child = spawn(process.execPath, [join(root, script), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const collect = (chunk: string): void => {
    output += chunk
    if (output.length > MAX_OUTPUT_CHARACTERS) child.kill()
  }
  child.stdout.setEncoding('utf8').on('data', collect)
  child.stderr.setEncoding('utf8').on('data', collect)
  child.on('error', reject)
  child.on('close', (code) => resolve({ code: code ?? 1, output }))
  return promise
}
