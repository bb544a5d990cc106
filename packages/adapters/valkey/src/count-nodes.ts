import type { Connection } from './connection.ts'
import { nodesScript } from './script.ts'

export interface NodesOptions {
  readonly connection: Connection
  /** The name of this one, the same in all its threads. */
  readonly node: string
  readonly prefix?: string
}

/** How many nodes share the counters. */
export interface Nodes {
  /** As many as there were when the engine was last heard; at least this one. */
  known(): number
  close(): void
}

const SIGN_EVERY_MILLIS = 5_000
/** Who has given no sign of life for so long is no longer counted. */
const GONE_AFTER_MILLIS = 20_000

/** Gives a sign of life of this node regularly, and learns how many others did. */
export function countNodes({ connection, node, prefix = 'portcullis' }: NodesOptions): Nodes {
  let known = 1

  async function sign(): Promise<void> {
    try {
      const there = Number(
        await connection.run(nodesScript, [`${prefix}:nodes`], ['', node, GONE_AFTER_MILLIS]),
      )
      known = Math.max(1, there)
    } catch {
      // The engine is away: as many as there were are still there, for all that is known.
    }
  }

  void sign()
  const timer = setInterval(() => void sign(), SIGN_EVERY_MILLIS).unref()
  return { known: () => known, close: () => clearInterval(timer) }
}
