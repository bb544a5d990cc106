import { MAX_ADDRESSES } from '@portcullis/model/resource/address-list'
import { readRange } from '@portcullis/policies/ip-filter/range'

/** Why a list was not taken. It is for operators, and tells little of what the other side sent. */
export class ListRefused extends Error {
  override readonly name = 'ListRefused'
}

/**
 * Reads a list: an address or a range on each line, `#` and `;` begin a comment. One line that can't be read and the whole is
 * refused, and so is one without entries: half a list would let somebody in, or nobody.
 *
 * @throws ListRefused
 */
export function readList(text: string): string[] {
  const entries = new Set<string>()
  let number = 0
  for (const line of text.split('\n')) {
    number++
    const entry = line.split(/[#;]/, 1)[0]?.trim() ?? ''
    if (entry === '') continue
    const reading = entry.length > 64 ? { problem: 'too long for an address' } : readRange(entry)
    if ('problem' in reading) throw new ListRefused(`line ${number} is ${reading.problem}`)
    entries.add(entry)
    if (entries.size > MAX_ADDRESSES) throw new ListRefused(`it has more than ${MAX_ADDRESSES} entries`)
  }
  if (entries.size === 0) throw new ListRefused('it has no entries')
  return [...entries]
}
