import type { Contract } from '@portcullis/model/contract'
import type { Finding } from '@portcullis/model/finding/finding'
import { type Check, found } from './check.ts'
import { modelFaults } from './fault.ts'

export const checkSchemes: Check = (landscape, catalog) =>
  landscape.of('Api').flatMap((api) =>
    Object.entries(api.spec.versions).flatMap(([version, spec]): Finding[] => {
      const contract = landscape.contract(api.organization, api.name, version)
      if (contract === undefined || spec.state === 'retired') return []
      return [...demandedSchemes(contract)].flatMap(([name, operation]) => {
        const scheme = contract.schemes[name]
        if (scheme !== undefined && catalog.some((policy) => policy.contract.satisfies?.(scheme))) return []
        const detail = `The operation "${operation}" demands "${name}" (${scheme?.type ?? 'not declared'}), which no policy can establish.`
        const at = ['spec', 'versions', version, 'contract']
        return [found(landscape, api, at, modelFaults['unsatisfiable-scheme'], detail)]
      })
    }),
  )

/** Every scheme that some operation names, with the first operation that does. */
function demandedSchemes(contract: Contract): Map<string, string> {
  const demanded = new Map<string, string>()
  for (const { id, security } of contract.operations) {
    for (const name of security.flatMap((alternative) => Object.keys(alternative))) {
      if (!demanded.has(name)) demanded.set(name, id)
    }
  }
  return demanded
}
