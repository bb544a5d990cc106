import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A process of a test's own. */
export interface Child {
  readonly pid: number
  /** Everything it has printed so far. */
  printed(): string
  /** Resolves when it has printed something; rejects when it ends without. */
  started(): Promise<void>
  /** Kills it as `kill -9` does, and resolves when it is gone and all that it printed has arrived. */
  kill(): Promise<void>
}

/** Starts `node FILE ARGUMENT`, the file being relative to this one. */
export function startChild(file: string, argument: string): Child {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const child = spawn(process.execPath, [path, argument], { stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  let complained = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complained += text
  })
  const closed = once(child, 'close')
  return {
    pid: child.pid ?? 0,
    printed: () => printed,
    async started() {
      await Promise.race([once(child.stdout, 'data'), closed])
      if (printed === '') throw new Error(`${file} ended without a word: ${complained}`)
    },
    async kill() {
      if (!hasEnded(child)) child.kill('SIGKILL')
      await closed
    },
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
