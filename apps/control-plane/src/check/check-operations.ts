import { meant } from '@portcullis/kernel/nearest'
import { type Check, found } from './check.ts'
import { modelFaults } from './fault.ts'

export const checkOperations: Check = (landscape) =>
  landscape.of('Api').flatMap((api) =>
    Object.entries(api.spec.versions).flatMap(([version, spec]) => {
      const contract = landscape.contract(api.organization, api.name, version)
      if (contract === undefined) return []
      const known = new Set(contract.operations.map((each) => each.id))
      return Object.keys(spec.operations)
        .filter((id) => !known.has(id))
        .map((id) => {
          const at = ['spec', 'versions', version, 'operations', id]
          return found(
            landscape,
            api,
            at,
            modelFaults['unknown-operation'],
            `The contract has no operation "${id}".${meant(id, known)}`,
          )
        })
    }),
  )
