import { meant } from '@portcullis/kernel/nearest'
import { type Check, found } from './check.ts'
import { modelFaults } from './fault.ts'

export const checkScopes: Check = (landscape) =>
  landscape.of('Subscription').flatMap((subscription) => {
    const { organization } = subscription
    const product = landscape.get('Product', organization, subscription.spec.product)
    if (product === undefined) return []
    const contracts = product.spec.apis.map(({ api, version }) =>
      landscape.contract(organization, api, version),
    )
    // A contract that did not compile is told of already; what its scopes are is not known.
    if (contracts.includes(undefined)) return []
    const known = new Set(contracts.flatMap((contract) => Object.keys(contract?.scopes ?? {})))
    return subscription.spec.scopes.flatMap((scope, i) => {
      if (known.has(scope)) return []
      const detail = `"${scope}" is no scope of the product "${product.name}", which has ${list(known)}.${meant(scope, known)}`
      return [found(landscape, subscription, ['spec', 'scopes', i], modelFaults['unknown-scope'], detail)]
    })
  })

function list(names: ReadonlySet<string>): string {
  const first = [...names].slice(0, 8).map((name) => `"${name}"`)
  if (first.length === 0) return 'none'
  return names.size > first.length
    ? `${first.join(', ')} and ${names.size - first.length} more`
    : first.join(', ')
}
