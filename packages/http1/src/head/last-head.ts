/** A text that is longer is not kept: what waits for its next request must not hold much. */
const MAX_TEXT = 2_048
/** Who has not repeated himself in so many heads is not expected to any more, and costs nothing. */
const TRIES = 8

/**
 * The lines that came last on a connection, and what was read of them. Who calls again says mostly the same, and then
 * nothing has to be read anew (half a microsecond for a request). Lines are the same where all their bytes are, up to
 * the empty line. What is kept is handed out in copies alone, and goes with its connection.
 */
export class LastHead<Head> {
  #lines = ''
  #isSame = false
  #head: Head | undefined
  #tries = TRIES

  /** What was read of the lines that begin there, where they have come twice already; else `keep` is to be told. */
  find(text: string, start: number): Head | undefined {
    const lines = this.#lines
    this.#isSame = lines !== '' && text.slice(start, start + lines.length) === lines
    return this.#isSame ? this.#head : undefined
  }

  /** How long the lines are that `find` found. */
  get length(): number {
    return this.#lines.length
  }

  /**
   * Takes the lines that were read instead, up to `end`, and what they say where they came twice. Lines that end before
   * the empty one does are not all of a head: nothing is known by them.
   */
  keep(text: string, start: number, end: number, head: Head, copy: (head: Head) => Head): void {
    if (this.#isSame) {
      this.#head = copy(head)
      this.#tries = TRIES
    } else if (this.#tries > 0) {
      this.#tries--
      const isKept = this.#tries > 0 && text.length <= MAX_TEXT && text.endsWith(END, end)
      this.#lines = isKept ? text.slice(start, end) : ''
      this.#head = undefined
    }
  }
}

const END = '\r\n\r\n'
