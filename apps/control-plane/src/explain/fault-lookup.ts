import { type FaultFamily, type FaultKind, kindsOf } from '@portcullis/kernel/fault'
import type { FaultLookup } from '@portcullis/model/explain/explain'
import { bindingFaults } from '@portcullis/policies/binding/fault'
import { stepFaults } from '@portcullis/policy-kit/message/problem'
import type { Catalog } from '@portcullis/policy-kit/policy'
import { countersFaults } from '@portcullis/ports/counters/port'
import { keysFaults } from '@portcullis/ports/keys/port'

/** Finds the words for every fault with which a step can refuse: those of the policies and of the ports they use. */
export function faultLookup(catalog: Catalog): FaultLookup {
  const families: FaultFamily[] = [
    stepFaults,
    countersFaults,
    keysFaults,
    bindingFaults,
    ...catalog.map((policy) => policy.contract.faults),
  ]
  const byCode = new Map<string, FaultKind>(families.flatMap(kindsOf).map((kind) => [kind.code, kind]))
  return (code) => byCode.get(code)
}
