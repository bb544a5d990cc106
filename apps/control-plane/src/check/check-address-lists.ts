import { readRange } from '@portcullis/policies/ip-filter/range'
import { type Check, found } from './check.ts'
import { modelFaults } from './fault.ts'

/** So many mistakes of one list are told; whoever has more has another list in mind. */
const MAX_TOLD = 20

export const checkAddressLists: Check = (landscape) =>
  landscape.of('AddressList').flatMap((list) =>
    list.spec.entries
      .flatMap((entry, i) => {
        const reading = readRange(entry)
        return 'problem' in reading ? [{ i, detail: `"${entry}": ${reading.problem}.` }] : []
      })
      .slice(0, MAX_TOLD)
      .map(({ i, detail }) =>
        found(landscape, list, ['spec', 'entries', i], modelFaults['bad-address'], detail),
      ),
  )
