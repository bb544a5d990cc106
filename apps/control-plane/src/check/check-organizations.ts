import type { Finding } from '@portcullis/model/finding/finding'
import { type Check, found } from './check.ts'
import { modelFaults } from './fault.ts'

export const checkOrganizations: Check = (landscape) =>
  landscape.resources
    .filter((each) => landscape.get('Organization', each.organization, each.organization) === undefined)
    .map((each): Finding => {
      const removed = landscape.removes('Organization', each.organization, each.organization)
      const [fault, what] = removed
        ? ([modelFaults['in-use'], 'is being removed'] as const)
        : ([modelFaults['unknown-organization'], 'does not exist'] as const)
      return found(
        landscape,
        each,
        ['organization'],
        fault,
        `The organization "${each.organization}" ${what}.`,
      )
    })
