import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const RUNNER = fileURLToPath(new URL('run-rules.ts', import.meta.url))
const MEMORY_MEGABYTES = 128

export type Said = { readonly outcome: unknown } | { readonly failed: string }

/** A process in which rules run: it reads their folder, writes nothing, starts nothing, and knows no environment. */
export class RuleProcess {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (said: Said) => void>()
  #last = 0
  #isOver = false

  private constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', ({ id, ...said }: Said & { readonly id: number }) => this.#answer(id, said))
    child.on('exit', () => this.#end())
  }

  /** Resolves once all rules are loaded; rejects with what one of them is wrong about. */
  static async start(folder: string, files: readonly string[]): Promise<RuleProcess> {
    const child = fork(RUNNER, [...files], {
      execArgv: [
        '--permission',
        `--allow-fs-read=${RUNNER}`,
        `--allow-fs-read=${folder}`,
        `--max-old-space-size=${MEMORY_MEGABYTES}`,
        '--disable-warning=ExperimentalWarning',
      ],
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    const [first] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as unknown[]
    if (typeof first === 'object' && first !== null && 'ready' in first) return new RuleProcess(child)
    child.kill('SIGKILL')
    const why =
      typeof first === 'object' && first !== null && 'broken' in first ? String(first.broken) : 'they ended'
    throw new Error(why)
  }

  get isAlive(): boolean {
    return !this.#isOver && this.#child.connected
  }

  ask(name: string, token: unknown): Promise<Said> {
    const id = ++this.#last
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.#child.send({ id, name, token }, (error) => {
        if (error !== null) this.#answer(id, { failed: 'the rules do not run' })
      })
    })
  }

  /** All that waits has failed. */
  kill(): void {
    this.#child.kill('SIGKILL')
    this.#end()
  }

  #answer(id: number, said: Said): void {
    this.#waiting.get(id)?.(said)
    this.#waiting.delete(id)
  }

  #end(): void {
    this.#isOver = true
    for (const id of [...this.#waiting.keys()]) this.#answer(id, { failed: 'the rules ended' })
  }
}
