import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'

/** A program that this benchmark started, and will stop: by its own id and no other way. */
export interface Started extends AsyncDisposable {
  readonly pid: number
  readonly input: Writable
  readonly output: Readable
  hasEnded(): boolean
  /** The last of what it wrote to its standard error. */
  complaints(): string
  /** Asks it to end and waits; after a few seconds it is ended. */
  stop(): Promise<void>
}

export interface Program {
  readonly command: string
  readonly arguments: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Core or cores to which it is bound. */
  readonly cores: string | undefined
}

const STOP_MILLIS = 5_000
const MAX_COMPLAINT_CHARACTERS = 4_000

export async function startProcess(program: Program): Promise<Started> {
  const [command = '', ...rest] = [
    // Whatever becomes of this process, those that it started end with it.
    ...['setpriv', '--pdeathsig', 'TERM'],
    ...(program.cores === undefined ? [] : ['taskset', '-c', program.cores]),
    program.command,
    ...program.arguments,
  ]
  const child = spawn(command, rest, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...program.environment },
  })
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-MAX_COMPLAINT_CHARACTERS)
  })
  // Whoever writes to a program that has ended learns of it by the answer that does not come.
  child.stdin.on('error', () => undefined)
  await once(child, 'spawn')
  const stop = (): Promise<void> => stopChild(child)
  return {
    pid: child.pid as number,
    input: child.stdin,
    output: child.stdout,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    complaints: () => complaints,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function stopChild(child: ChildProcessByStdio<Writable, Readable, Readable>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MILLIS)
  await exited
  clearTimeout(timer)
}

/** A program of this benchmark's own, in a process of its own. */
export function nodeProgram(
  path: string,
  cores: string | undefined,
  rest: readonly string[] = [],
  options: readonly string[] = [],
): Program {
  const file = new URL(`../${path}`, import.meta.url).pathname
  return { command: process.execPath, arguments: [...options, file, ...rest], cores }
}
