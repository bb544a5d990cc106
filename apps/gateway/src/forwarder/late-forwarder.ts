import type { Forwarder } from './forwarder.ts'

const NOTHING = { open: 0, connecting: 0, idle: 0, waiting: 0 }

/** A forwarder that is opened with the first call for it. */
export function lateForwarder(open: () => Promise<Forwarder>): Forwarder {
  let opened: Forwarder | undefined
  let opening: Promise<Forwarder> | undefined
  let isClosed = false

  async function opens(): Promise<Forwarder> {
    opened = await open()
    if (isClosed) await opened.close()
    return opened
  }

  return {
    async forward(request) {
      if (opened !== undefined) return opened.forward(request)
      opening ??= opens().finally(() => {
        opening = undefined
      })
      return (await opening).forward(request)
    },
    counts: () => opened?.counts() ?? NOTHING,
    async close() {
      isClosed = true
      await opened?.close()
    },
  }
}
