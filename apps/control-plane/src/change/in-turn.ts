import { storeFaults } from '@portcullis/ports/store/port'

/** Another process can come first this often; within this one changes wait for each other. */
const ATTEMPTS = 8

/** Runs changes one after the other, and again from the start where another process came first. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  async take<T>(change: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(() => attempt(change))
    // The next one waits for the end of this one, however it ends; its outcome is told to its own caller.
    this.#last = mine.then(settled, settled)
    return mine
  }
}

async function attempt<T>(change: () => Promise<T>): Promise<T> {
  for (let left = ATTEMPTS; ; left--) {
    try {
      return await change()
    } catch (thrown) {
      if (!storeFaults.conflict.is(thrown) || left === 1) throw thrown
    }
  }
}

function settled(): void {}
