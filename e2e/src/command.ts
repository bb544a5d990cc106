import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../apps/portcullis/bin/portcullis.mjs', import.meta.url))

export interface Finished {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs the command line as people do, in a process of its own. */
export function portcullis(
  environment: Readonly<Record<string, string>>,
  ...words: string[]
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, ...words], {
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk) => {
      out += chunk
    })
    child.stderr.on('data', (chunk) => {
      err += chunk
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, out, err }))
  })
}

export interface Started extends AsyncDisposable {
  readonly pid: number
  /** Ends the process at once, as a power cut would. */
  kill(): Promise<void>
  /** Asks it to end and waits until it has. */
  stop(): Promise<number | null>
}

/** Starts `portcullis start` in a process of its own and resolves when it says that it is running. */
export function startProcess(environment: Readonly<Record<string, string>>): Promise<Started> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, 'start'], {
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ended = new Promise<number | null>((done) => child.once('close', (code) => done(code)))
    let said = ''
    const hear = (chunk: Buffer): void => {
      said += chunk
      if (said.includes('Portcullis is running')) resolve(started)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('error', reject)
    void ended.then((code) => reject(new Error(`portcullis start ended with ${code}:\n${said}`)))
    const started: Started = {
      pid: child.pid as number,
      kill: async () => {
        child.kill('SIGKILL')
        await ended
      },
      stop: () => {
        child.kill('SIGTERM')
        return ended
      },
      // Whatever became of the story, its process does not outlive it.
      async [Symbol.asyncDispose]() {
        child.kill('SIGKILL')
        await ended
      },
    }
  })
}
