import { createHash } from 'node:crypto'
import { type Breaches, breachesFaults } from '@portcullis/ports/breaches/port'
import type { Web } from '@portcullis/ports/web/port'

export interface RangeOptions {
  readonly web: Web
  /** The service of the Pwned Passwords kind: `<url>/<first five digits of a SHA-1>`. */
  readonly url: string
  readonly timeoutMillis: number
}

/** A range has some thousand lines of 40 bytes; padding makes it more. */
const MAX_BYTES = 256 * 1024
const PREFIX_CHARACTERS = 5

/**
 * Asks a service that knows far more. It is told the first 20 bits of the password's hash, answers with every hash that
 * begins so, and never learns which of them was meant (k-anonymity). SHA-1 is that service's name for a password and
 * protects nothing here.
 */
export function openRangeBreaches({ web, url, timeoutMillis }: RangeOptions): Breaches {
  return {
    async know(password) {
      const hash = createHash('sha1').update(password.reveal()).digest('hex').toUpperCase()
      const lines = await readRange(hash.slice(0, PREFIX_CHARACTERS))
      const rest = hash.slice(PREFIX_CHARACTERS)
      // A count of 0 is padding, which hides how much the answer holds.
      return lines.some(
        (line) => line.startsWith(`${rest}:`) && !/^0+$/.test(line.slice(rest.length + 1).trim()),
      )
    },
  }

  async function readRange(prefix: string): Promise<string[]> {
    try {
      const headers = ['Accept', 'text/plain', 'Add-Padding', 'true', 'User-Agent', 'portcullis']
      const answer = await web.ask({
        url: `${url}/${prefix}`,
        method: 'GET',
        headers,
        timeoutMillis,
        maxBytes: MAX_BYTES,
      })
      if (answer.status !== 200) throw new Error(`status ${answer.status}`)
      const lines = new TextDecoder().decode(answer.body).split('\n')
      // A page that says that it is sorry is no range.
      if (!lines.every((line) => line.trim() === '' || /^[0-9A-F]{35}:\d{1,12}\s*$/.test(line)))
        throw new Error('the answer is no range')
      return lines
    } catch (cause) {
      throw breachesFaults.unavailable({ internal: `${url}: ${String(cause)}`, cause })
    }
  }
}
